"""Reading a manifest back, and files that have none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pexlite import archive
from pexlite.errors import NotABundle
from pexlite.model import EntryPoint, StartKind
from tests.bundles import bundle_file
from tests.factories import make_wheel


def test_a_manifest_comes_back(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", entry_points={"console_scripts": {"go": "app:main"}})
    file = bundle_file(
        tmp_path / "app.pex", [wheel], EntryPoint(StartKind.INTERPRETER), pythons=("cp311", "cp312")
    )
    manifest = archive.read_manifest(file)
    assert manifest.entry_point.kind is StartKind.INTERPRETER
    assert manifest.variants[0].pythons == ("cp311", "cp312")
    assert manifest.runs_on == "CPython 3.11 to 3.12"
    assert manifest.wheels[0].entry_points == {"go": "app:main"}


def not_there(path: Path) -> None:
    """Leave `path` as it is: absent."""


def empty(path: Path) -> None:
    path.write_bytes(b"")


def words(path: Path) -> None:
    path.write_text("no zip at all")


def plain_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archived:
        archived.writestr("__main__.py", "")


def of_the_pex_tool(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archived:
        archived.writestr("PEX-INFO", '{"code_hash": "x"}')


def of_a_future(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archived:
        archived.writestr("PEX-INFO", '{"pexlite": {"format": 99}}')


def a_directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [not_there, empty, words, plain_zip, of_the_pex_tool, of_a_future, a_directory])
def test_a_file_that_is_none_of_ours_is_one_error(make: object, tmp_path: Path) -> None:
    path = tmp_path / "app.pex"
    make(path)  # type: ignore[operator]
    with pytest.raises(NotABundle) as caught:
        archive.read_manifest(path)
    assert str(path) in caught.value.message and caught.value.exit_code == 6
