"""The Pythons on this machine, newest first, that the runtime room is tested on."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_TELL = """
import sys
implementation = getattr(getattr(sys, 'implementation', None), 'name', 'cpython')
print('%d %d %s %s' % (sys.version_info[:2] + (implementation, getattr(sys, 'abiflags', '') or '-')))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python program, with its `tag` as in wheel tags: "cp311", "cp313t" (free-threaded) or "pp39"."""

    path: Path
    tag: str
    version: tuple[int, int]

    def __str__(self) -> str:
        return self.tag

    @functools.cached_property
    def programs(self) -> Path:
        """A directory for PATH where this is `python3`, and has the name of its version."""
        kept = tempfile.TemporaryDirectory(prefix="pexlite-test-")
        atexit.register(kept.cleanup)
        kind = {"cp": "python", "pp": "pypy"}[self.tag[:2]]
        free = "t" if self.tag.endswith("t") else ""
        for name in ("python3", f"{kind}{self.version[0]}.{self.version[1]}{free}"):
            Path(kept.name, name).symlink_to(self.path)
        return Path(kept.name)

    @property
    def words(self) -> str:
        """Its name for people: "CPython 3.13", "CPython 3.13t" (free-threaded)."""
        name = {"cp": "CPython", "pp": "PyPy"}[self.tag[:2]]
        free = "t" if self.tag.endswith("t") else ""
        return f"{name} {self.version[0]}.{self.version[1]}{free}"


@functools.cache
def interpreters() -> tuple[Interpreter, ...]:
    """One interpreter of each kind on PATH or in pyenv's directory; broken shims are left out.

    None is a virtual environment's, as the one that tests run in: that has no user's site-packages. Where coverage
    is measured, or $ONLY_THIS_PYTHON is set, it is only the Python that runs the tests.
    """
    if "COVERAGE_OF_THE_ROOM" in os.environ or "ONLY_THIS_PYTHON" in os.environ:
        here = _ask(_base())
        return (here,) if here else ()
    names = [f"python3.{minor}{free}" for free in ("", "t") for minor in range(20, 5, -1)] + [
        "python2.7",
        "pypy3",
        "python3",
    ]
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    outside = os.pathsep.join(place for place in places if not Path(place, "../pyvenv.cfg").exists())
    paths = [path for name in names if (path := shutil.which(name, path=outside))]
    paths.append(_base())
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    paths = [*map(str, sorted(versions.glob("*/bin/python"))), *paths]
    found: dict[str, Interpreter] = {}
    for path in paths:
        interpreter = _ask(path)
        if interpreter is not None:
            found.setdefault(interpreter.tag, interpreter)
    return tuple(sorted(found.values(), key=_order))


def _base() -> str:
    """The Python that runs this, outside of its virtual environment."""
    path = getattr(sys, "_base_executable", sys.executable)
    # PyPy has the environment's own Python there, which is a link to the other.
    return os.path.realpath(path) if (Path(path).parent.parent / "pyvenv.cfg").exists() else path


def python3_on_path(directory: Path) -> str:
    """PATH with a `python3`, which a file asks for that is started by its own name.

    Where there is none, or one that runs no files, the newest Python comes last, by a link in `directory`.
    """
    path = os.environ.get("PATH", os.defpath)
    found = shutil.which("python3")
    answer = _ask(found) if found else None
    if answer and answer.version >= (3, 6):
        return path
    (directory / "python3").symlink_to(supported()[0].path)
    return f"{path}{os.pathsep}{directory}"


def _order(interpreter: Interpreter) -> tuple[str, bool, int]:
    return (interpreter.tag[:2], interpreter.tag.endswith("t"), -interpreter.version[1])


def _ask(path: str) -> Interpreter | None:
    answer = subprocess.run([path, "-c", _TELL], capture_output=True, text=True, check=False)
    if answer.returncode:
        return None
    major, minor, implementation, flags = answer.stdout.split()
    kind = {"cpython": "cp", "pypy": "pp"}.get(implementation, implementation)
    return Interpreter(Path(path), f"{kind}{major}{minor}{'t' if 't' in flags else ''}", (int(major), int(minor)))


def supported() -> list[Interpreter]:
    """The interpreters that can run a file by themselves: Python 3.6 and later."""
    return [interpreter for interpreter in interpreters() if interpreter.version >= (3, 6)]
