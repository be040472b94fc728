"""The runtime room, so that coverage.py sees it where it runs: out of a built file and out of an app's directory.

There its code has names of its own ("<pexlite>/install.py"), by which no source is found, and its processes are
those of a Python without coverage.py. While coverage is measured, the files that tests make carry the room with
the paths of its sources for names, and each of its programs starts coverage.py before it does anything else.

Only the Python that runs the tests can be measured so: coverage.py is installed for that one.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

from pexlite.archive import runtime_files
from pexlite.compile import compile_room, room
from pexlite.pipeline import decide
from pexlite.tools import runtime_tools
from tests import bundles

_PROGRAM = Path(__file__).with_name("measured_process.py")
_NAMES, _PATHS = '"<pexlite>/', f'"{runtime_files.ROOM_DIRECTORY}/'
# Names in compile_room.py, and those of the sources; what is `__main__.pyc` in a file comes out of another room.
_NAMED = {_NAMES: _PATHS, '_compiled("__main__.pyc", ': '_compiled("../archive/checked_main.py", '}
# The line of a program that is its first to run when it does, and belongs to no other; the rest stays on its line.
_FIRST = {
    "start.py": ("    main(globals())", "main(globals())"),
    "written/_pexlite_run.py": ("    given = sys.argv[1:]", "given = sys.argv[1:]"),
}


def measure(change: pytest.MonkeyPatch, directory: Path) -> None:
    """Have the files that are built in this process carry the room as coverage.py sees it; `directory` is kept."""
    change.setenv("COVERAGE_OF_THE_ROOM_SITE", sysconfig.get_path("purelib"))
    sources = tuple((name, _measured(name, text)) for name, text in runtime_files.room_sources())
    for module in (runtime_files, decide, bundles):
        change.setattr(module, "room_sources", lambda: sources)
    compiles = directory / "compile_room.py"
    program = Path(compile_room.__file__).read_text(encoding="utf-8")
    for name, path in _NAMED.items():
        assert program.count(name) == 1
        program = program.replace(name, path)
    compiles.write_text(program)
    change.setattr(compile_room, "__file__", str(compiles))
    change.setattr(room, "_PROGRAM", compiles)
    look = directory / "run_tool.py"
    lines = runtime_tools._LOOK.read_text(encoding="utf-8").splitlines(keepends=True)
    at = lines.index('if __name__ == "__main__":\n') + 1
    lines[at] = f"    {_start()}; {lines[at].lstrip()}"
    look.write_text("".join(lines))
    change.setattr(runtime_tools, "_LOOK", look)


def _measured(name: str, text: str) -> str:
    """The text of one of the room's files; every line keeps its number."""
    text = text.replace(_NAMES, _PATHS)
    if name in _FIRST:
        line, statement = _FIRST[name]
        assert text.count(f"{line}\n") == 1
        text = text.replace(f"{line}\n", f"{line.removesuffix(statement)}{_start()}; {statement}\n")
    return text


def _start() -> str:
    """A statement that starts coverage.py in the Python that runs the tests; any other reads on."""
    code = f"compile(open({str(_PROGRAM)!r}).read(), {str(_PROGRAM)!r}, 'exec')"
    return f"sys.version_info[:2] == {sys.version_info[:2]} and eval({code}, {{'__name__': 'measured_process'}})"


def is_measured() -> bool:
    """Whether `nox -s coverage` runs these tests."""
    return "COVERAGE_OF_THE_ROOM" in os.environ
