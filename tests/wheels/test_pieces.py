"""Places in large members from which these can be read are found, and lead to just what is there."""

from __future__ import annotations

import base64
import io
import random
import zipfile
import zlib

import pytest

from pexlite.wheels import pieces
from pexlite.wheels.zip_shape import Entry, read_shape

SIZE = 1 << 21


def text(size: int = SIZE, seed: int = 1) -> bytes:
    """Content that zlib packs into blocks with codes of their own, and hardly smaller."""
    return base64.b64encode(random.Random(seed).randbytes(size))[:size]


def zipped(content: bytes, how: int = zipfile.ZIP_DEFLATED, level: int = 6) -> tuple[io.BytesIO, Entry]:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how, compresslevel=level) as archive:
        archive.writestr("before", b"x")
        archive.writestr("large.so", content)
    [entry] = [one for one in read_shape(file)[1] if one.name == b"large.so"]
    return file, entry


@pytest.fixture(autouse=True)
def small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LARGE", 1 << 18)
    monkeypatch.setattr(pieces, "_LEAST", 1 << 17)


@pytest.mark.parametrize("level", [1, 6, 9])
def test_each_piece_is_read_with_the_content_before_it(level: int) -> None:
    content = text()
    file, entry = zipped(content, level=level)
    index = pieces.pieces_of(file, entry)
    deflated = zlib.compressobj(level, zlib.DEFLATED, -15)
    stream = deflated.compress(content) + deflated.flush()
    compressed, size, crc, last, count = pieces._MEMBER.unpack_from(index)
    assert (compressed, size, crc, last) == (len(stream), SIZE, zlib.crc32(content), content[-1])
    assert count > 3
    place = begin = 0
    for number in range(count):
        packed, length, its_crc = pieces._PIECE.unpack_from(
            index, pieces._MEMBER.size + number * pieces._PIECE.size
        )
        assert number == count - 1 or length >= 1 << 17
        window = content[max(0, begin - (1 << 15)) : begin]
        found = zlib.decompressobj(-15, zdict=window).decompress(stream[place : place + packed])
        assert found == content[begin : begin + length] and zlib.crc32(found) == its_crc
        if number:
            windows = pieces._MEMBER.size + count * pieces._PIECE.size + (number - 1 << 15)
            assert index[windows : windows + (1 << 15)] == window
        place, begin = place + packed, begin + length
    assert (place, begin) == (len(stream), SIZE)


def test_what_is_deflated_in_one_block_is_one_piece() -> None:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15, 9, zlib.Z_FIXED)
    assert pieces.pieces_of(*_of_stream(text(), compressor)) == b""


def _of_stream(content: bytes, compressor: zlib._Compress) -> tuple[io.BytesIO, Entry]:
    stream = compressor.compress(content) + compressor.flush()
    file = io.BytesIO(bytes(30) + stream)
    return file, Entry(b"", 0, 8, zlib.crc32(content), len(stream), len(content), 0)


def test_a_member_that_is_not_what_it_says_has_none() -> None:
    file, entry = zipped(text())
    assert pieces.pieces_of(file, entry)
    other = Entry(entry.name, 0, 8, entry.crc32 ^ 1, entry.compressed, entry.size, entry.offset)
    assert pieces.pieces_of(file, other) == b""


def test_stored_and_small_members_are_not_looked_at() -> None:
    assert pieces.large_members(zipped(text(), zipfile.ZIP_STORED)[0]) == ()
    assert pieces.large_members(zipped(text(1 << 18))[0]) == ()
    file, entry = zipped(text())
    assert pieces.large_members(file) == (entry,)
    assert b"".join(pieces.pieces_of_members(file)) == pieces.pieces_of(file, entry)


def test_who_does_not_want_to_wait_is_asked() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        pieces.pieces_of(*zipped(text()), stop)
