"""`--compile`: bytecode goes into the file, and a first start finds it in place."""

from __future__ import annotations

import itertools
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import BuildRequest, BuildResult
from pexlite.pipeline.build import build as build_file
from tests import needs
from tests.bundles import environment, run
from tests.conftest import make_bare
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

pytestmark = pytest.mark.usefixtures("bare_machine")

START = """\
from app import parts


def main():
    print(__file__, parts.NAMES, __cached__)
    raise ValueError("here")
"""
FILES = {
    "app/__init__.py": "",
    "app/start.py": START,
    "app/parts.py": 'NAMES = sorted({"a", "b", "c", "d"}) if "x" in {"a", "b", "x"} else ()\n',
    "app/template.py": "{% if python %}\n",
}


def is_able(python: Interpreter) -> bool:
    return python.tag.startswith("cp") and python.version >= (3, 8)


PYTHONS = [python for python in supported() if is_able(python)]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "app", files=FILES)


def build(directory: Path, wheel: Path, name: str, **more: Any) -> BuildResult:
    request = BuildRequest(
        directory=directory, requirements=(str(wheel),), entry_point="app.start:main", output=Path(name), **more
    )
    return build_file(request)


# Each kind of module that site-packages shows in its own way: a file, a file of two wheels (the last one wins),
# parts of a directory that two wheels have, what a wheel keeps in .data.
FIRST = {
    "alone.py": "NAME = 'alone'\n",
    "twice.py": "NAME = 'first'\n",
    "shared/one.py": "NAME = 'one'\n",
    "first-1.0.data/purelib/moved.py": "NAME = 'moved'\n",
}
SECOND = {
    "twice.py": "NAME = 'second'\n",
    "shared/two.py": "NAME = 'two'\n",
    "start.py": """\
import alone
import moved
import shared.one
import shared.two
import twice


def main():
    print(alone.NAME, moved.NAME, shared.one.NAME, shared.two.NAME, twice.NAME)
""",
}
WHEELS = (("first", FIRST), ("second", SECOND))
WORDS = "alone moved one two second\n"
# Runs a file as Python does, and tells all that is compiled meanwhile.
TELLING = """\
import os
import runpy
import sys


def tell(event, arguments):
    if event == "compile" and arguments[1]:
        sys.stderr.write("compiled %s\\n" % os.fsdecode(arguments[1]))


sys.addaudithook(tell)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def file_of(directory: Path, *pythons: Interpreter, output: str = "x.pex", bytecode: bool | None = True) -> Path:
    """A file with modules of every kind, for `pythons`."""
    request = BuildRequest(
        directory=directory,
        requirements=tuple(str(make_wheel(directory, name, files=files)) for name, files in WHEELS),
        entry_point="start:main",
        output=Path(output),
        bytecode=bytecode,
        pythons=tuple(str(python.path) for python in pythons),
    )
    return build_file(request).path


def compiled(python: Interpreter, file: Path, root: Path) -> set[str]:
    """All that a start compiles: paths in the file, names of modules in its cache, "<pexlite>/…" for the runtime.

    The start has to print what it should.
    """
    env = environment(root, PYTHONDONTWRITEBYTECODE="1")
    done = run([python.path, "-c", TELLING, file], env)
    assert done.stdout == WORDS
    told = [line.partition(" ")[2] for line in done.stderr.splitlines() if line.startswith("compiled ")]
    ours = [path for path in told if path.startswith((f"{file}/", f"{root}/", "<pexlite>/"))]
    return {path.removeprefix(f"{file}/") if not path.startswith(f"{root}/") else Path(path).name for path in ours}


def of_the_runtime(paths: set[str]) -> set[str]:
    return {path for path in paths if path.startswith("<pexlite>/")}


@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_the_runtime_comes_compiled_for_the_first_python(python: Interpreter, tmp_path: Path) -> None:
    others = [other for other in PYTHONS if other != python][:1]
    tell = """
import importlib.util, marshal, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as file:
    magic, codes = marshal.loads(file.read("__pexlite__.bytecode"))
    names = [part.partition("\\n")[0] for part in file.read("__pexlite__.txt").decode().split("\\f")]
assert magic == importlib.util.MAGIC_NUMBER
assert set(codes) == {name for name in names if name.endswith(".py")} > {"app/launch.py"}
print({type(marshal.loads(code)).__name__ for code in codes.values()})
"""
    done = run([python.path, "-c", tell, file_of(tmp_path, python, *others)], environment(tmp_path))
    assert done.stdout == "{'code'}\n"


def test_by_wish_only_the_start_is_compiled(tmp_path: Path) -> None:
    with zipfile.ZipFile(file_of(tmp_path, PYTHONS[0], bytecode=False)) as parts:
        names = set(parts.namelist())
    assert "__main__.pyc" in names and "__pexlite__.bytecode" not in names


@pytest.mark.unmeasured
@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_a_start_compiles_no_module_of_the_bundle(python: Interpreter, tmp_path: Path) -> None:
    file = file_of(tmp_path, python)
    assert compiled(python, file, tmp_path / "root") == set()
    assert compiled(python, file, tmp_path / "root") == set()


def test_several_pythons_find_their_bytecode_in_one_cache(tmp_path: Path) -> None:
    pythons = needs.several_pythons(2, is_able)[:2]
    file = file_of(tmp_path, *pythons)
    plain = file_of(tmp_path, *pythons, output="plain.pex", bytecode=False)
    root = tmp_path / "root"
    first = {"start.py", "alone.py", "<pexlite>/install.py", "<pexlite>/app/launch.py"}
    assert first < compiled(pythons[0], plain, root)
    assert compiled(pythons[0], file, root) == set()
    # The runtime is compiled for the first of them.
    found = compiled(pythons[1], file, root)
    assert found - of_the_runtime(found) == {"__main__.py"}
    assert [compiled(python, file, root) for python in pythons] == [set(), {"__main__.py"}]
    assert [path for path in (root / "lite-2" / "wheels").iterdir() if path.name[0] == "."] == []


def test_a_module_is_not_taken_from_the_bytecode_of_another_wheel(tmp_path: Path) -> None:
    """A module that no Python compiles still hides another wheel's of its name, bytecode and all."""
    wheels = [
        make_wheel(tmp_path, "first", files={"twice.py": "NAME = 'first'\n"}),
        make_wheel(tmp_path, "second", files={"twice.py": "{% if %}\n", "start.py": "import twice\n\nmain = 1\n"}),
    ]
    request = BuildRequest(
        directory=tmp_path,
        requirements=tuple(map(str, wheels)),
        entry_point="start:main",
        output=Path("x.pex"),
        bytecode=True,
    )
    done = run([build_file(request).path], environment(tmp_path / "root"), check=False)
    assert "SyntaxError" in done.stderr


@pytest.fixture(scope="module")
def newest_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("newest")
    with pytest.MonkeyPatch.context() as change:
        make_bare(change, directory)
        return file_of(directory, PYTHONS[0])


@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_the_boot_of_one_python_is_no_others(python: Interpreter, newest_only: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    first = of_the_runtime(compiled(python, newest_only, root))
    assert ({"<pexlite>/install.py", "<pexlite>/app/launch.py"} <= first) == (python != PYTHONS[0])
    assert of_the_runtime(compiled(python, newest_only, root)) == set()
    for options in (["-O"], ["-X", "importtime"], ["--check-hash-based-pycs", "always"]):
        assert run([python.path, *options, newest_only], environment(root)).stdout == WORDS


@pytest.mark.parametrize("python", [PYTHONS[0], PYTHONS[-1]], ids=str)
def test_a_boot_that_has_changed_is_not_run(python: Interpreter, tmp_path: Path) -> None:
    first = PYTHONS[:2][-1]
    good = file_of(tmp_path, *dict.fromkeys((first, python)))
    run([python.path, good], environment(tmp_path / "warm"))
    broken = tmp_path / "broken.pex"
    with zipfile.ZipFile(good) as parts:
        entries = [parts.getinfo(name) for name in ("__pexlite__.txt", "__pexlite__.bytecode")]
    for entry, share in itertools.product(entries, (0, 0.5, 0.9)):
        content = bytearray(good.read_bytes())
        content[entry.header_offset + 100 + int(share * entry.compress_size)] ^= 4
        broken.write_bytes(content)
        assert of_the_runtime(compiled(python, broken, tmp_path / "warm")) == set()
        done = run([python.path, broken], environment(tmp_path / "cold"), check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: broken.pex is damaged: ")


@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_a_first_start_finds_the_bytecode_in_place(python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    result = build(tmp_path, wheel, "x.pex", bytecode=True, pythons=(str(python.path),))
    env = environment(tmp_path / "root", PYTHONDONTWRITEBYTECODE="1")
    done = run([python.path, result.path], env, check=False)
    assert "ValueError: here" in done.stderr
    place = Path(done.stdout.split()[0])
    assert f'File "{place}", line 6' in done.stderr
    compiled = Path(done.stdout.split()[-1])
    facts = place.stat()
    assert struct.unpack("<III", compiled.read_bytes()[4:16]) == (0, int(facts.st_mtime), facts.st_size)
    assert {path.name.partition(".")[0] for path in compiled.parent.iterdir()} == {"__init__", "start", "parts"}


def test_a_source_that_was_changed_in_the_cache_counts(wheel: Path, tmp_path: Path) -> None:
    """As in a virtual environment, where people put a print into a module to see what happens."""
    result = build(tmp_path, wheel, "x.pex")
    env = environment(tmp_path / "root")
    place = Path(run([result.path], env, check=False).stdout.split()[0])
    place.write_text("def main():\n    print('changed')\n")
    assert run([result.path], env).stdout == "changed\n"


def test_another_python_does_without(wheel: Path, tmp_path: Path) -> None:
    built_for, other, *_ = needs.several_pythons(2, is_able)
    result = build(tmp_path, wheel, "x.pex", bytecode=True, pythons=(str(built_for.path),))
    done = run([other.path, result.path], environment(tmp_path / "root", PYTHONDONTWRITEBYTECODE="1"), check=False)
    assert "ValueError: here" in done.stderr
    assert list((tmp_path / "root" / "lite-2" / "wheels").rglob("app/**/*.pyc")) == []


def test_the_same_bytes_come_of_another_store_and_hash_seed(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / seed))
        found.append(build(tmp_path, wheel, f"{seed}.pex", bytecode=True).path.read_bytes())
    assert found[0] == found[1]


def test_bytecode_counts_towards_the_build_id(wheel: Path, tmp_path: Path) -> None:
    with_it = build(tmp_path, wheel, "a.pex", bytecode=True)
    without = build(tmp_path, wheel, "b.pex", bytecode=False)
    assert with_it.build_id != without.build_id
    assert with_it.size == with_it.path.stat().st_size > without.size
    assert [name for name in zipfile.ZipFile(without.path).namelist() if name.startswith(".bytecode/")] == []
    assert zipfile.ZipFile(with_it.path).testzip() is None


def test_damaged_bytecode_is_told(wheel: Path, tmp_path: Path) -> None:
    result = build(tmp_path, wheel, "x.pex", bytecode=True)
    with zipfile.ZipFile(result.path) as archive:
        [pack] = [entry for entry in archive.infolist() if entry.filename.startswith(".bytecode/")]
    content = bytearray(result.path.read_bytes())
    content[pack.header_offset + 200] ^= 0xFF
    result.path.write_bytes(content)
    done = run([result.path], environment(tmp_path / "root"), check=False)
    assert "damaged" in done.stderr
