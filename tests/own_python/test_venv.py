"""`pexlite venv` of a file that brings its own Python: the venv has that Python in it, and stands on no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pexlite
from pexlite.errors import TargetError, UsageError
from pexlite.model import IndexSettings
from pexlite.own_python.find import PackedPython
from pexlite.store.store import Store
from pexlite.tools.runtime_tools import VenvOptions, make_venv
from tests.factories import make_wheel

SHORT = f"3{sys.version_info[1]}"
WHERE = "import app, sys, zlib; print(sys.prefix, sys.base_prefix, zlib.crc32(b''), sep='|')"


def built(place: Path, store: Store, platform: str, python: Path) -> Path:
    make_wheel(
        place,
        "app",
        files={"app.py": "def main():\n    print('hello')\n"},
        entry_points={"console_scripts": {"hello": "app:main"}},
    )
    with pytest.MonkeyPatch.context() as change:
        change.setenv("PEXLITE_CACHE_DIR", str(store.root))
        return pexlite.build(
            requirements=["app"],
            index=IndexSettings(no_index=True, find_links=(str(place),)),
            entry_point="app:main",
            platforms=[platform],
            python_from=[str(python)],
            output=place / "app.pex",
            directory=place,
        ).path


@pytest.fixture(scope="module")
def file(
    archive: Path, packed: PackedPython, shared_store: Store, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    assert packed
    return built(tmp_path_factory.mktemp("here"), shared_store, "current", archive)


def said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env={}).stdout.strip()


def test_it_stands_on_the_python_in_it(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "with a blank" / "venv"
    make_venv(file, place, VenvOptions(compile=True))
    assert said(place / "bin" / "hello") == "hello" == said(place / "pex")
    assert said(place / "bin" / "python", "-c", WHERE) == f"{place}|{place / 'python'}|0"
    assert [path.name for path in place.parent.iterdir()] == ["venv"], "something is left beside it"
    texts = [path for path in place.rglob("*") if path.is_file() and place not in path.parents[:1]]
    named = [path for path in texts if path.suffix != ".pyc" and b"/.venv." in path.read_bytes()]
    assert named == [], "where it was made is in it"


def test_another_scope_is_added_to_it_and_force_makes_it_anew(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    make_venv(file, place, VenvOptions(scope="deps"))
    made = (place / "python" / "INTERPRETER").stat().st_mtime_ns
    make_venv(file, place, VenvOptions(scope="srcs"))
    assert (place / "python" / "INTERPRETER").stat().st_mtime_ns == made
    make_venv(file, place, VenvOptions(force=True))
    assert said(place / "bin" / "hello") == "hello"


def test_a_python_that_is_named_is_taken_instead(file: Path, tmp_path: Path) -> None:
    make_venv(file, tmp_path / "venv", VenvOptions(python=sys.executable))
    assert not (tmp_path / "venv" / "python").exists()
    assert said(tmp_path / "venv" / "bin" / "hello") == "hello"


def test_a_venv_of_a_python_of_this_machine_is_not_added_to(file: Path, tmp_path: Path) -> None:
    make_venv(file, tmp_path / "venv", VenvOptions(python=sys.executable))
    with pytest.raises(UsageError, match=r"does not stand on the Python in app\.pex"):
        make_venv(file, tmp_path / "venv")
    assert said(tmp_path / "venv" / "bin" / "hello") == "hello"


@pytest.mark.parametrize(
    ("place", "options", "words"),
    [("app.tar.gz", VenvOptions(), "cannot be moved"), ("venv", VenvOptions(copies=True), "--copies")],
)
def test_an_option_that_could_do_nothing_is_refused(
    file: Path, tmp_path: Path, place: str, options: VenvOptions, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        make_venv(file, tmp_path / place, options)
    assert list(tmp_path.iterdir()) == []


def test_a_file_for_another_machine_says_so(foreign: Path, shared_store: Store, tmp_path: Path) -> None:
    path = built(tmp_path, shared_store, f"manylinux_2_28_aarch64-cp-{SHORT}-cp{SHORT}", foreign)
    with pytest.raises(TargetError, match="no Python for this machine") as caught:
        make_venv(path, tmp_path / "venv")
    assert "aarch64" in caught.value.causes[0]
    assert not (tmp_path / "venv").exists()
