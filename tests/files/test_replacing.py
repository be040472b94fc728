"""A file takes another's place when it is whole, and nobody can have prepared the way."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from pexlite.files.replacing import replacing as replacing_file


def test_the_new_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(b"old")
    with replacing_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.whl"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing_file(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.whl"]


def test_a_link_at_the_final_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "x.whl").symlink_to(victim)
    with replacing_file(tmp_path / "x.whl") as file:
        file.write(b"new")
    assert victim.read_bytes() == b"mine"


def test_a_link_at_the_temporary_name_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda size: "foretold")
    victim = tmp_path / "victim"
    (tmp_path / ".x.whl.foretold").symlink_to(victim)
    with pytest.raises(FileExistsError), replacing_file(tmp_path / "x.whl"):
        pass
    assert not victim.exists()


def test_the_longest_name_has_a_temporary_one(tmp_path: Path) -> None:
    with replacing_file(tmp_path / ("ü" * 127)) as file:
        file.write(b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["ü" * 127]
