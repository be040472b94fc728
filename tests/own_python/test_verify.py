"""A file with its own Python is whole as it was built, and refused where its launcher or its Python is another."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import pexlite
from pexlite.cli.main import run
from pexlite.tools.verify import verify_file
from tests.own_python.test_patch import WAYS, built
from tests.own_python.test_patch import links as links


@pytest.fixture
def file_in(links: Path, archive: Path) -> Callable[[str], Path]:
    """A function that builds the file of a way and finds it whole, even strictly."""

    def file(way: str) -> Path:
        path = built(links, "app.pex", archive, **WAYS[way])
        assert not verify_file(path, strict=True).unchecked
        return path

    return file


def launcher_changed(file: Path) -> None:
    """A byte in the middle of the launcher, and four behind it by which the CRC in PEX-INFO fits."""
    content = file.read_bytes()
    size = pexlite.inspect(file).header[0]
    first = bytearray(content[:size])
    first[size // 2] ^= 1
    file.write_bytes(with_crc(first, size // 2 + 1, zlib.crc32(content[:size])) + content[size:])


def with_crc(content: bytearray, place: int, wanted: int) -> bytes:
    """`content` with the four bytes at `place` changed so that it has the CRC-32 `wanted`."""

    def flipped(bits: int) -> bytearray:
        four = int.from_bytes(content[place : place + 4], "little") ^ bits
        return content[:place] + four.to_bytes(4, "little") + content[place + 4 :]

    now = zlib.crc32(content)
    rows: list[tuple[int, int]] = []  # what each flip does to the CRC, by its highest bit
    for bit in range(32):
        effect, bits = zlib.crc32(flipped(1 << bit)) ^ now, 1 << bit
        for other, flips in rows:
            if effect ^ other < effect:
                effect, bits = effect ^ other, bits ^ flips
        rows = sorted([*rows, (effect, bits)], reverse=True)
    missing, bits = now ^ wanted, 0
    for effect, flips in rows:
        if missing ^ effect < missing:
            missing, bits = missing ^ effect, bits ^ flips
    assert not missing
    return bytes(flipped(bits))


def python_changed(file: Path) -> None:
    own = pexlite.inspect(file).own_pythons[0]
    content = bytearray(file.read_bytes())
    content[own.offset + own.size - 20] ^= 1
    file.write_bytes(content)


def digest_changed(file: Path) -> None:
    content = file.read_bytes()
    digest = pexlite.inspect(file).own_pythons[0].sha256.encode()
    assert digest[:32] in content
    file.write_bytes(content.replace(digest[:32], b"0" * 32))


CHANGES = {
    "the launcher": launcher_changed,
    "the Python": python_changed,
    "the Python's digest": digest_changed,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("way", ["a script in sh", "a program"])
def test_another_one_is_refused(
    way: str, change: str, file_in: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_in(way)
    before = file.read_bytes()
    CHANGES[change](file)
    assert file.read_bytes() != before
    assert run(["verify", str(file)]) == 6
    said = capsys.readouterr().err
    assert "a bug in" not in said
    assert change != "the launcher" or "its first lines are not what a build writes" in said


@pytest.mark.parametrize("way", ["the host's Pythons first", "the host's first, by a program"])
def test_as_built_it_is_whole(way: str, file_in: Callable[[str], Path]) -> None:
    file_in(way)
