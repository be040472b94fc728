"""The script of a delta may hold anything: it makes a file, or says that it is damaged, and nothing else."""

from __future__ import annotations

import io
import random
import zlib
from pathlib import Path

import pytest

from pexlite.ship.room import reassemble

NEW, COPY, INFLATE, PATCH, DEFLATE, GZIP = (
    getattr(reassemble(), name) for name in ("NEW", "COPY", "INFLATE", "PATCH", "DEFLATE", "GZIP")
)
HELD = zlib.compress(b"old content " * 40)[2:-4]
OLD = b"old content " * 40 + HELD
PATCHED = (PATCH, 0, 0, 0, 480, 480, 0, 1, 1, 0, 0, 480, 0, 0, 480)


def number(value: int) -> bytes:
    """A number as scripts have it."""
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def script(*words: int | bytes) -> bytes:
    """Numbers and content, one behind the other."""
    return b"".join(number(word) if isinstance(word, int) else word for word in words)


def made(content: bytes, place: Path) -> bytes:
    """The file that a script makes, with one old file and nothing in the section of bytes as they are."""
    place.write_bytes(OLD)
    with place.open("rb") as old:
        sources = [reassemble().source_of(old.fileno())]
        read = reassemble().Script(io.BytesIO(zlib.compress(content)).read, "zlib")
        return b"".join(reassemble().pieces(read, lambda size: b"", sources))


GOOD = (
    script(NEW, 5, b"hello"),
    script(COPY, 0, 4, 20),
    script(INFLATE, 0, 480, len(HELD), 480),
    script(*PATCHED),
    script(DEFLATE, 6, len(HELD), 0, COPY, 0, 0, 480),
    script(GZIP, 2, 6, 0, b"\x1f\x8b", NEW, 5, b"hello"),
)


def test_each_operation_makes_what_it_says(tmp_path: Path) -> None:
    found = made(b"".join(GOOD) + b"\0", tmp_path / "old")
    tail = zlib.crc32(b"hello").to_bytes(4, "little") + (5).to_bytes(4, "little")
    gzip = b"\x1f\x8b" + zlib.compress(b"hello", 6)[2:-4] + tail
    assert found == b"hello" + OLD[4:24] + OLD[:480] * 2 + HELD + gzip


@pytest.mark.parametrize(
    "content",
    [
        script(*(GZIP, 0, 6, 0) * 3000, NEW, 1, b"x"),
        script(GZIP, 0, 60, 0, NEW, 1, b"x"),
        script(DEFLATE, 100, 5, 0, NEW, 1, b"x"),
        script(COPY, 0, 0, 1 << 50),
        script(COPY, 0, 1 << 50, 1),
        script(INFLATE, 0, 0, 1 << 60, 5),
        script(NEW) + b"\xff" * 100_000 + b"\0",
        script(99),
    ],
    ids=["gzip in gzip", "gzip's level", "level", "too much", "too far", "held", "number", "operation"],
)
def test_a_hostile_one_is_damaged(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(reassemble().Misfit):
        made(content + b"\0", tmp_path / "old")


def test_whatever_is_changed_in_one_it_makes_a_file_or_is_damaged(tmp_path: Path) -> None:
    chance = random.Random(7)
    damaged = 0
    for _ in range(3000):
        content = bytearray(b"".join(chance.sample(GOOD, 3)) + b"\0")
        for _ in range(chance.randint(1, 3)):
            content[chance.randrange(len(content))] = chance.choice(
                (0, 1, 7, 127, 128, 255, chance.randrange(256))
            )
        try:
            made(
                bytes(content[: chance.choice((len(content), chance.randrange(len(content)))) or 1]),
                tmp_path / "old",
            )
        except reassemble().Misfit:
            damaged += 1
    assert damaged > 1000
