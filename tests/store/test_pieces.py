"""A file has the index of its large members' pieces: found once, kept in the store, compared by `verify`."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from pexlite.archive.member import PIECES
from pexlite.errors import VerificationFailed
from pexlite.files.places import store_root
from pexlite.model import BuildRequest, Wheel
from pexlite.pipeline.build import build as build_file
from pexlite.pipeline.patch import patch
from pexlite.store import pieces as kept
from pexlite.tools.extract import extract_wheels
from pexlite.tools.verify import verify_file
from pexlite.wheels import pieces
from tests.factories import make_wheel
from tests.tools.test_tampered import taken_apart
from tests.wheels.test_pieces import text

pytestmark = pytest.mark.usefixtures("bare_machine")
APP = "def main():\n    print('hello')\n"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A wheel with two large members, and one with none."""
    monkeypatch.setattr(pieces, "LARGE", 1 << 18)
    monkeypatch.setattr(pieces, "_LEAST", 1 << 17)
    data = {"data/one.so": text(1 << 20, 1), "data/two.so": text(1 << 20, 2), "data/small.so": text(1 << 17, 3)}
    return [
        make_wheel(tmp_path, "app", files={"app.py": APP}, requires=["data"]),
        make_wheel(tmp_path, "data", files=data),
    ]


def build(directory: Path, wheels: Sequence[Path], name: str, *, compress: bool = True) -> Path:
    request = BuildRequest(
        directory=directory,
        requirements=tuple(map(str, wheels)),
        entry_point="app:main",
        output=Path(name),
        compress=compress,
    )
    return build_file(request).path


def index_in(file: Path) -> bytes:
    with zipfile.ZipFile(file) as opened:
        return opened.read(PIECES) if PIECES in opened.namelist() else b""


def refuse(*given: object) -> NoReturn:
    raise AssertionError("it was found before")


def test_the_index_is_in_the_file_and_found_once(
    wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wheels[1].open("rb") as file:
        wanted = [pieces.pieces_of(file, entry) for entry in pieces.large_members(file)]
    assert len(wanted) == 2 and all(wanted)
    first = build(tmp_path, wheels, "x.pex")
    assert index_in(first) == b"".join(wanted)
    assert len(list((store_root() / "pieces").iterdir())) == 1
    monkeypatch.setattr(kept, "pieces_of", refuse)
    assert build(tmp_path, wheels, "y.pex").read_bytes() == first.read_bytes()


def test_what_is_kept_counts_only_under_its_seal(wheels: list[Path], tmp_path: Path) -> None:
    first = build(tmp_path, wheels, "x.pex").read_bytes()
    [place] = (store_root() / "pieces").iterdir()
    place.write_bytes(place.read_bytes().replace(b"\0", b"\1", 1))
    assert build(tmp_path, wheels, "y.pex").read_bytes() == first


def test_a_file_without_large_members_has_none(wheels: list[Path], tmp_path: Path) -> None:
    alone = make_wheel(tmp_path, "app", files={"app.py": APP})
    assert index_in(build(tmp_path, [alone], "x.pex")) == b""
    assert not (store_root() / "pieces").exists()


def test_uncompressed_members_have_none(wheels: list[Path], tmp_path: Path) -> None:
    file = build(tmp_path, wheels, "x.pex", compress=False)
    assert index_in(file) == b""
    verify_file(file)


def test_the_wheels_come_out_as_they_went_in(wheels: list[Path], tmp_path: Path) -> None:
    file = build(tmp_path, wheels, "x.pex")
    extract_wheels(file, tmp_path / "out")
    for wheel in wheels:
        assert (tmp_path / "out" / wheel.name).read_bytes() == wheel.read_bytes()


def test_a_patched_file_has_the_index_of_its_new_wheels(wheels: list[Path], tmp_path: Path) -> None:
    file = build(tmp_path, wheels, "x.pex")
    before = index_in(file)
    new = make_wheel(tmp_path, "data", "2.0", files={"data/one.so": text(1 << 20, 7)})
    patch(file, BuildRequest(directory=tmp_path, requirements=(str(new),)))
    with new.open("rb") as opened:
        assert index_in(file) == b"".join(pieces.pieces_of_members(opened)) != before
    verify_file(file)
    patch(file, BuildRequest(directory=tmp_path, requirements=(str(make_wheel(tmp_path, "data", "3.0")),)))
    assert index_in(file) == b""
    verify_file(file)


def changed(wheels: tuple[Wheel, ...], content: bytes) -> tuple[Wheel, ...]:
    return tuple(replace(wheel, pieces=content if wheel.name == "data" else b"") for wheel in wheels)


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("kind", ["another", "none", "more"])
def test_another_index_is_refused(
    kind: str, is_known: bool, wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = build(tmp_path, wheels, "x.pex")
    assert not verify_file(file).unchecked
    parts = taken_apart(file)
    content = parts.own[PIECES]
    if kind == "none":
        del parts.own[PIECES]
    else:
        parts.own[PIECES] = content[:-1] + b"?" if kind == "another" else content + b"?"
    file.write_bytes(parts.written())
    if not is_known:
        monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / "another"))
    with pytest.raises(VerificationFailed) as failure:
        verify_file(file)
    causes = " ".join(failure.value.causes)
    assert ("it lacks .pieces" if kind == "none" else "its .pieces is not what a build writes") in causes
