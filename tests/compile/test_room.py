"""The runtime's modules that a file has as bytecode."""

from __future__ import annotations

import marshal
import zipfile
import zlib
from pathlib import Path
from random import Random

import pytest

from pexlite.archive.layout import draft, room_members
from pexlite.archive.runtime_files import COMPILED
from pexlite.archive.writer import write
from pexlite.cli.main import run as pexlite
from pexlite.compile import room as compiling
from pexlite.compile.room import Modules
from pexlite.tools.verify import verify_file
from pexlite.version import __version__
from tests import needs
from tests.archive.test_writer import bundle_of
from tests.bundles import environment, room, run
from tests.factories import make_wheel
from tests.interpreters import supported

LISTEN = """
import os, runpy, sys

compiled = []


def hook(event, arguments):
    if event == "compile" and str(arguments[1]).startswith("<pexlite>/"):
        compiled.append(arguments[1])


sys.addaudithook(hook)
me = os.getpid()
sys.argv[:] = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    if os.getpid() == me:
        print(*compiled)
"""


@pytest.fixture
def compiled(tmp_path: Path) -> dict[Modules, str]:
    """The paths of what a first start compiles of the runtime, by what the file has compiled."""
    found, newest = {}, supported()[0]
    needs.audit_events(newest)
    wheel = make_wheel(tmp_path, "app", files={"app/__init__.py": "def main():\n    print('done')\n"})
    for modules in Modules:
        file = tmp_path / f"{modules.name}.pex"
        write(draft(bundle_of([wheel]), __version__, room(newest, modules)), file)
        out = run([newest.path, "-c", LISTEN, file], environment(tmp_path / modules.name)).stdout
        assert out.startswith("done\n")
        found[modules] = out[len("done\n") :]
    return found


def test_a_first_start_compiles_nothing_that_it_needs(compiled: dict[Modules, str]) -> None:
    assert compiled[Modules.ALL] == compiled[Modules.OF_FIRST_START] == "<pexlite>/importing.py\n"
    assert len(compiled[Modules.NONE].split()) > 30


def test_what_a_first_start_loads_is_less_than_a_quarter_of_the_smallest_file() -> None:
    *_, (name, content) = room_members(room(supported()[0], Modules.OF_FIRST_START))
    assert name == COMPILED
    assert len(zlib.compress(content, 9)) < compiling._BYTES_BESIDE / 4
    _, modules = marshal.loads(content)
    assert "install.py" in modules and "app/launch.py" in modules
    assert not [name for name in modules if name.startswith(("tools/", "windows/"))]


@pytest.mark.parametrize(("beside", "is_there"), [(300_000, False), (500_000, True)])
def test_only_larger_files_have_it(beside: int, is_there: bool, tmp_path: Path) -> None:
    """`verify`, `patch` and another build follow the same rule."""
    content = Random(1).randbytes(beside)
    files: dict[str, str | bytes] = {"app/__init__.py": "def main():\n    print('done')\n", "app/data": content}
    app = [str(make_wheel(tmp_path, "app", files=files)), "-e", "app:main", "--no-index", "-q"]
    output = tmp_path / "app.pex"
    assert pexlite([*app, "-o", str(output)]) == 0
    with zipfile.ZipFile(output) as found:
        assert (COMPILED in found.namelist()) == is_there
    assert not verify_file(output).unchecked
    assert pexlite([*app, "--compile", "-o", str(tmp_path / "compiled.pex")]) == 0
    assert not verify_file(tmp_path / "compiled.pex").unchecked
    patched = tmp_path / "patched.pex"
    assert pexlite(["patch", str(output), app[0], "--offline", "-q", "-o", str(patched)]) == 0
    assert patched.read_bytes() == output.read_bytes()
