"""Wheels come out of a built file as they went in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.errors import VerificationFailed, WriteError
from pexlite.tools.extract import extract_wheels


def test_wheels_come_out_as_they_went_in(file: Path, wheels: list[Path], tmp_path: Path) -> None:
    for _ in range(2):
        found = extract_wheels(file, tmp_path / "a" / "b")
        assert [path.read_bytes() for path in found] == [path.read_bytes() for path in wheels]
        assert sorted(found) == sorted((tmp_path / "a" / "b").iterdir())


def test_a_changed_wheel_does_not_come_out(file: Path, wheels: list[Path], tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(wheels[0].read_bytes()) + 60] ^= 1
    file.write_bytes(content)
    with pytest.raises(VerificationFailed, match=r"app-1\.0"):
        extract_wheels(file, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(file: Path) -> None:
    with pytest.raises(WriteError, match=r"app\.pex"):
        extract_wheels(file, file / "out")


def test_the_command_line_says_what_it_wrote(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["extract", str(file), str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err == f"wrote 2 wheels to {tmp_path / 'out'}\n"
