"""The runtime's modules that a file has as bytecode."""

from __future__ import annotations

import marshal
import math
import zipfile
import zlib
from pathlib import Path
from random import Random

import pytest

from pexlite.archive.layout import draft, room_members
from pexlite.archive.runtime_files import COMPILED
from pexlite.archive.writer import write
from pexlite.cli.main import run as pexlite
from pexlite.tools.verify import verify_file
from pexlite.version import __version__
from tests import needs
from tests.archive.test_writer import bundle_of
from tests.bundles import environment, room, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

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


LARGE = 1_000_000  # bytes, in which all that a first start loads has room


@pytest.fixture
def compiled(tmp_path: Path) -> dict[float, str]:
    """The paths of what a first start compiles of the runtime, by what the file has compiled."""
    found, newest = {}, supported()[0]
    needs.audit_events(newest)
    wheel = make_wheel(tmp_path, "app", files={"app/__init__.py": "def main():\n    print('done')\n"})
    for most in (0, 20_000, LARGE, math.inf):
        file = tmp_path / f"{most}.pex"
        write(draft(bundle_of([wheel]), __version__, room(newest, most)), file)
        out = run([newest.path, "-c", LISTEN, file], environment(tmp_path / str(most))).stdout
        assert out.startswith("done\n")
        found[most] = out[len("done\n") :]
    return found


def test_a_first_start_compiles_nothing_that_it_needs(compiled: dict[float, str]) -> None:
    assert compiled[math.inf] == compiled[LARGE] == "\n"
    assert len(compiled[0].split()) > len(compiled[20_000].split()) > 10


@pytest.mark.parametrize("python", supported(), ids=lambda python: python.tag)
def test_bytecode_takes_no_more_than_it_may(python: Interpreter) -> None:
    sizes = []
    for most in (20_000, 60_000, LARGE, math.inf):
        *_, (name, content) = room_members(room(python, most))
        assert name == COMPILED
        sizes.append(len(zlib.compress(content, 9)))
        assert sizes[-1] <= most
        assert sizes[-1] > most * 0.6 or most in (LARGE, math.inf)
    assert sizes == sorted(set(sizes))
    _, modules = marshal.loads(dict(room_members(room(python, LARGE)))[COMPILED])
    assert {"install.py", "app/launch.py", "unpack/bytecode.py"} <= modules.keys()
    assert not [name for name in modules if name.startswith(("tools/", "windows/"))]


def size_of(file: Path, begins: str) -> int:
    with zipfile.ZipFile(file) as found:
        return sum(entry.compress_size for entry in found.infolist() if entry.filename.startswith(begins))


@pytest.mark.parametrize("beside", [1_000, 300_000, 2_000_000])
def test_a_file_has_as_much_of_it_as_adds_less_than_a_quarter(beside: int, tmp_path: Path) -> None:
    """`verify`, `patch` and another build follow the same rule."""
    content = Random(1).randbytes(beside)
    files: dict[str, str | bytes] = {"app/__init__.py": "def main():\n    print('done')\n", "app/data": content}
    app = [str(make_wheel(tmp_path, "app", files=files)), "-e", "app:main", "--no-index", "-q"]
    output, without, every = (tmp_path / f"{name}.pex" for name in ("some", "none", "all"))
    assert pexlite([*app, "-o", str(output)]) == 0
    assert pexlite([*app, "--no-compile", "-o", str(without)]) == 0
    assert pexlite([*app, "--compile", "-o", str(every)]) == 0
    assert size_of(without, COMPILED) == size_of(without, ".bytecode/") == 0
    assert 0 < size_of(output, COMPILED) < without.stat().st_size / 4
    assert size_of(output, COMPILED) < size_of(every, COMPILED)
    for file in (output, without, every):
        assert not verify_file(file).unchecked
        patched = tmp_path / "patched.pex"
        assert pexlite(["patch", str(file), app[0], "--offline", "-q", "--force", "-o", str(patched)]) == 0
        assert patched.read_bytes() == file.read_bytes()
