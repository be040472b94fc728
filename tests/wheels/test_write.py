"""Wheels written here are the same bytes at any time, and pass the check of the project that made the format."""

from __future__ import annotations

import time
import zipfile
import zlib
from pathlib import Path

import pytest
from wheel.wheelfile import WheelFile

from pexlite.errors import ProjectBuildError
from pexlite.wheels.normalise import normalise
from pexlite.wheels.write import MOST_STORED, Member, write_own_wheel, write_wheel

NAME, INFO = "foo_bar-1.0-py3-none-any.whl", "Foo_Bar-1.0.dist-info"  # as some backends spell them
MEMBERS = [
    Member(f"{INFO}/METADATA", b"Metadata-Version: 2.1\nName: Foo-Bar\nVersion: 1.0\n"),
    Member("zoo/run, or not", b"#!/bin/sh\n", executable=True),
    Member("zoo/é.py", b"x = 1\n"),
    Member("a.py", b""),
]
RECORD = f"""\
a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
"zoo/run, or not",sha256=qAdtPSjSHgIBKyDq99v3VAmmJ3E0Q5Al8oLjaOMwWr8,10
zoo/é.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6
{INFO}/METADATA,sha256=MCddZDLnLRdaZYc5UG9CrjBIyxM_pPYF5EhbkWzSK7A,49
{INFO}/RECORD,,
"""


def test_order_times_modes_and_record_are_always_the_same(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_wheel(tmp_path / NAME, MEMBERS, INFO)) as archive:
        members = archive.infolist()
        record = archive.read(f"{INFO}/RECORD").decode()
    names = ["a.py", "zoo/run, or not", "zoo/é.py", f"{INFO}/METADATA", f"{INFO}/RECORD"]
    assert [member.filename for member in members] == names
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {member.create_system for member in members} == {3}
    modes = [f"{member.external_attr >> 16:o}" for member in members]
    assert modes == ["100644", "100755", "100644", "100644", "100644"]
    assert record == RECORD


def test_the_same_members_are_the_same_bytes_another_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "later").mkdir()
    first = write_wheel(tmp_path / NAME, MEMBERS, INFO).read_bytes()
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setenv("TZ", "Pacific/Apia")
    again = write_wheel(tmp_path / "later" / NAME, reversed(MEMBERS), INFO)
    assert again.read_bytes() == first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    with zipfile.ZipFile(write_wheel(again, MEMBERS, INFO)) as dated:
        assert {member.date_time for member in dated.infolist()} == {(2023, 11, 14, 22, 13, 20)}


def test_each_member_is_what_record_says(tmp_path: Path) -> None:
    with WheelFile(write_wheel(tmp_path / NAME, MEMBERS, INFO)) as wheel:
        for member in MEMBERS:
            assert wheel.read(member.name) == member.content


def test_a_backend_that_names_a_wheel_otherwise_has_made_none(tmp_path: Path) -> None:
    built = write_wheel(tmp_path / NAME, MEMBERS, INFO).rename(tmp_path / "foo.whl")
    (tmp_path / "there").mkdir()
    with pytest.raises(ProjectBuildError, match=r"foo\.whl, which is no wheel"):
        normalise(built, tmp_path / "there")


def test_own_code_is_the_same_bytes_whatever_zlib_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compressor = zlib.compressobj
    code = [*MEMBERS, Member("words.py", b"words = 'again and again and again'\n" * 1000)]
    written: dict[str, list[bytes]] = {"packed": [], "own": []}
    for level in (1, 9):  # as different as zlib and zlib-ng are
        monkeypatch.setattr(zlib, "compressobj", lambda _, *rest, level=level: compressor(level, *rest))
        place = tmp_path / str(level)
        place.mkdir()
        written["packed"].append(write_wheel(place / NAME, code, INFO).read_bytes())
        written["own"].append(write_own_wheel(place / NAME, code, INFO).read_bytes())
    assert len(set(written["packed"])) == 2, "the two pack alike, and this shows nothing"
    assert len(set(written["own"])) == 1


@pytest.mark.parametrize(("more", "methods"), [(0, {zipfile.ZIP_STORED}), (1, {zipfile.ZIP_DEFLATED})])
def test_own_code_is_deflated_where_there_is_much_of_it(tmp_path: Path, more: int, methods: set[int]) -> None:
    size = MOST_STORED - sum(len(member.content) for member in MEMBERS) + more
    built = write_own_wheel(tmp_path / NAME, [*MEMBERS, Member("data.bin", bytes(size))], INFO)
    with zipfile.ZipFile(built) as archive:
        assert {member.compress_type for member in archive.infolist()} == methods
