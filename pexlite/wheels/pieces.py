"""Places in a wheel's large members from which these can be read: several processes then unpack one of them.

Deflated data can be read from the end of one of its blocks on, if the 32 kB of content before it are known. Every
eighth block ends at a whole byte, and only such ends are looked for: no reader of bits is needed for that, since
zlib refuses nearly every byte at which no block begins by its first few bytes. Whether one does begin there is
told by the content, which is known. From there on it is read from that place, so that in the end the CRC-32 of the
whole member says that all of them are right.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from pexlite.model import Wheel
from pexlite.wheels.zip_shape import Entry, read_shape

LARGE = 32 << 20
"""Bytes of a member above which its pieces are looked for."""
_LEAST = 16 << 20  # bytes of a piece
_STEP, _AHEAD = 1 << 16, 1 << 14  # deflated bytes that are read at once, and how many behind them
_CODES = 320  # bytes that are enough for the codes with which a block begins (RFC 1951, 3.2.7)
_ALIKE = 1 << 20  # bytes of content by which a place is first told
_WINDOW = 1 << 15
# The first byte of a block with codes of its own, not the last one, that has no more codes than there may be.
_FIRST_BYTE = re.compile(b"[%s]" % b"".join(b"\\x%02x" % (4 | codes << 3) for codes in range(30)))
# As the runtime's unpack/split.py reads them: a member, its pieces, then the content before all but the first.
_MEMBER, _PIECE = struct.Struct("<QQIHH"), struct.Struct("<QQI")


def has_large_members(wheel: Wheel) -> bool:
    """Whether the wheel has members whose pieces are looked for, unless they are stored."""
    return max(wheel.sizes, default=0) > LARGE


def large_members(file: BinaryIO) -> tuple[Entry, ...]:
    """The members of the wheel `file` whose pieces are looked for, in its order. Raises UnlikeError."""
    return tuple(entry for entry in read_shape(file)[1] if entry.method and entry.size > LARGE)


def pieces_of_members(file: BinaryIO) -> Iterator[bytes]:
    """The index of each large member of the wheel `file`. Raises UnlikeError."""
    for entry in large_members(file):
        yield pieces_of(file, entry)


def pieces_of(file: BinaryIO, entry: Entry, check: Callable[[], object] = tuple) -> bytes:
    """The index of a member's pieces; empty where there is but one.

    Calls `check` now and then, which may raise. Raises zlib.error.
    """
    reading = _Reading()
    pieces: list[tuple[int, int, int]] = []
    windows: list[bytes] = []
    position = begin = 0
    while position < entry.compressed:
        check()
        read = _deflated(file, entry, position)
        step, fed = read[:_STEP], 0
        for place in _beginnings(read) if reading.size >= _LEAST else ():
            reading.feed(step[fed:place])
            fed = place
            if reading.goes_on_with(read[place:]):
                pieces.append((position + place - begin, reading.size, reading.crc))
                windows.append(reading.window)
                begin = position + place
                reading.begin_piece()
                break
        reading.feed(step[fed:])
        position += len(step)
    pieces.append((entry.compressed - begin, reading.size, reading.crc))
    is_right = reading.whole == entry.crc32 and sum(size for _, size, _ in pieces) == entry.size
    if not is_right or len(pieces) < 2 or not reading.size:
        return b""
    head = _MEMBER.pack(entry.compressed, entry.size, entry.crc32, reading.window[-1], len(pieces))
    return b"".join([head, *(_PIECE.pack(*piece) for piece in pieces), *windows])


def _deflated(file: BinaryIO, entry: Entry, position: int) -> bytes:
    """The member's deflated bytes from `position` on: a step, and some more."""
    file.seek(entry.offset + 26)
    lengths = struct.unpack("<HH", file.read(4))
    file.seek(entry.offset + 30 + sum(lengths) + position)
    return file.read(min(_STEP + _AHEAD, entry.compressed - position))


def _beginnings(read: bytes) -> Iterator[int]:
    """The places in the first step of `read` at which a block may begin."""
    for found in _FIRST_BYTE.finditer(read, 0, _STEP):
        try:
            zlib.decompressobj(-15).decompress(read[found.start() : found.start() + _CODES], 1)
        except zlib.error as problem:
            if "too far back" not in str(problem):  # that it may be, without the content before it
                continue
        yield found.start()


class _Reading:
    """A member being inflated: the end of its content, and what there is of the piece that is being read."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(-15)
        self.window = b""
        self.whole = self.crc = self.size = 0

    def feed(self, packed: bytes) -> None:
        """Inflate the next bytes."""
        content = self._inflate.decompress(packed)
        self.window = content[-_WINDOW:] if len(content) >= _WINDOW else (self.window + content)[-_WINDOW:]
        self.whole, self.crc = zlib.crc32(content, self.whole), zlib.crc32(content, self.crc)
        self.size += len(content)

    def goes_on_with(self, packed: bytes) -> bool:
        """Whether the next bytes, read as a block that begins there, have the content that follows."""
        try:
            found = zlib.decompressobj(-15, zdict=self.window).decompress(packed, _ALIKE)
        except zlib.error:
            return False
        return found == self._inflate.copy().decompress(packed, _ALIKE)

    def begin_piece(self) -> None:
        """Begin a piece, from here on read as it will be."""
        self._inflate = zlib.decompressobj(-15, zdict=self.window)
        self.crc = self.size = 0
