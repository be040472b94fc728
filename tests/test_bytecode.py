"""`--compile`: bytecode goes into the file, and a first start finds it in place."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from pexlite import pipeline
from pexlite.model import BuildRequest, BuildResult
from tests.bundles import environment, run
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
PYTHONS = [python for python in supported() if python.tag.startswith("cp") and python.version >= (3, 8)]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "app", files=FILES)


def build(directory: Path, wheel: Path, name: str, **more: Any) -> BuildResult:
    request = BuildRequest(
        directory=directory, inputs=(str(wheel),), entry_point="app.start:main", output=Path(name), **more
    )
    return pipeline.build(request)


@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_a_first_start_finds_the_bytecode_in_place(python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    result = build(tmp_path, wheel, "x.pex", bytecode=True, pythons=(str(python.path),))
    env = environment(tmp_path / "root", PYTHONDONTWRITEBYTECODE="1")
    done = run([python.path, result.path], env, check=False)
    assert "ValueError: here" in done.stderr
    place = Path(done.stdout.split()[0])
    assert f'File "{place}", line 6' in done.stderr
    compiled = Path(done.stdout.split()[-1])
    assert compiled.read_bytes()[4:8] == b"\1\0\0\0"
    assert {path.name.partition(".")[0] for path in compiled.parent.iterdir()} == {"__init__", "start", "parts"}


def test_another_python_does_without(wheel: Path, tmp_path: Path) -> None:
    built_for, other, *_ = PYTHONS
    result = build(tmp_path, wheel, "x.pex", bytecode=True, pythons=(str(built_for.path),))
    done = run([other.path, result.path], environment(tmp_path / "root", PYTHONDONTWRITEBYTECODE="1"), check=False)
    assert "ValueError: here" in done.stderr
    assert list((tmp_path / "root" / "lite-1" / "wheels").rglob("app/**/*.pyc")) == []


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
    without = build(tmp_path, wheel, "b.pex")
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
