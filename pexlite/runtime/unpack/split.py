"""Members so large that one process would be at them when all others are done: several processes write them.

Deflated data can be read from the end of a block on, if the 32 kB before it are known. The file has an index of
such places, all at whole bytes (`.pieces`; docs/file.md has its form). That only says where to read: each piece
has its CRC, and together they have to come to the one that the wheel has for the member.
"""

import errno
import os
import struct
import zlib

from .. import system
from ..file import zip as archive
from . import pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .write import AnyJob, Job

    # By a member's sizes and CRC-32: its last byte, the numbers of its pieces, and their windows.
    Known = dict[tuple[int, ...], tuple[int, list[tuple[int, ...]], list[bytes]]]

_MEMBER = struct.Struct("<QQIHH")  # bytes deflated, bytes, CRC-32, the last byte, the number of pieces
_PIECE = struct.Struct("<QQI")  # bytes deflated, bytes, CRC-32
_WINDOW = 1 << 15
_POLYNOMIAL = 0xEDB88320  # of CRC-32; its powers are counted from the highest bit on


class Piece:
    """A part of a member: where it begins, deflated and not, and what is before it there."""

    stored = False

    def __init__(self, member: "archive.Member", place: int, begin: int, packed: "tuple[int, ...]") -> None:
        self.member = member
        self.name = member.name
        self.place = place
        self.begin = begin
        self.compressed, self.size, self.crc = packed
        self.window = b""
        self.last: int | None = None  # the last byte of the member, in the last piece of it

    def content(self, descriptor: int) -> "Iterator[bytes]":
        """The content, checked by its end, in pieces of a few MB. Raises Damaged."""
        size, crc, content = 0, 0, b""
        start = archive.content_start(descriptor, self.member) + self.place
        try:
            inflate = zlib.decompressobj(-15, zdict=self.window)
            for content in filter(None, archive.inflated(descriptor, start, start + self.compressed, inflate)):
                crc = zlib.crc32(content, crc)
                size += len(content)
                if size > self.size:
                    break
                yield content
        except zlib.error:
            raise archive.Damaged("%s has changed" % self.name)
        ends_otherwise = self.last is not None and content[-1:] != bytes([self.last])
        if (size, crc & 0xFFFFFFFF) != (self.size, self.crc) or ends_otherwise:
            raise archive.Damaged("%s has changed" % self.name)

    def write(self, descriptor: int, path: bytes) -> None:
        """Write the content to its place in the file at `path`, without the member's last byte.

        Raises Damaged, OSError.
        """
        handle = system.open_file(path, os.O_WRONLY | os.O_CREAT, 0o755 if self.member.mode & 0o111 else 0o644)
        try:
            position, end = self.begin, self.begin + self.size - (self.last is not None)
            for content in self.content(descriptor):
                left = memoryview(content)[: end - position]
                while left:
                    written = _write_at(handle, left, position)
                    left = left[written:]
                    position += written
        finally:
            os.close(handle)


def _write_at(handle: int, content: "bytes | memoryview", position: int) -> int:
    written = os.pwrite(handle, content, position)
    if not written:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return written


def shared_out(jobs: "Sequence[Job]", index: "Callable[[], bytes]") -> "list[AnyJob]":
    """`jobs`, with pieces instead of each member that would be more than its share of the work for one process."""
    total = sum([member.size for member, _ in jobs])
    share = total // pool.processors()
    if not hasattr(os, "pwrite") or not any([member.size > share for member, _ in jobs]):
        return list(jobs)
    try:
        known = pieces_in(index())
    except (ValueError, struct.error):
        known = {}
    found: list[AnyJob] = []
    for member, path in jobs:
        pieces = pieces_of(member, known) if member.size > share else []
        found.extend([(piece, path) for piece in pieces] or [(member, path)])
    return found


def finish(jobs: "Sequence[AnyJob]") -> None:
    """Write the last byte of each member that was written in pieces.

    A power cut may lose any of them: until all are written the file has another size, by which damage is found.
    """
    for piece, path in jobs:
        if isinstance(piece, Piece) and piece.last is not None:
            handle = system.open_file(path, os.O_WRONLY)
            try:
                _write_at(handle, bytes([piece.last]), piece.begin + piece.size - 1)
            finally:
                os.close(handle)


def pieces_in(content: bytes) -> "Known":
    """The members that the index `content` knows. Raises ValueError, struct.error where it is none."""
    found: Known = {}
    place = 0
    while place < len(content):
        numbers = _MEMBER.unpack_from(content, place)
        place += _MEMBER.size
        pieces = [_PIECE.unpack_from(content, place + _PIECE.size * number) for number in range(numbers[4])]
        place += _PIECE.size * len(pieces)
        windows = [b""]
        for _ in pieces[1:]:
            windows.append(content[place : place + _WINDOW])
            place += _WINDOW
        if numbers[3] > 255 or place > len(content) or numbers[:3] in found:
            raise ValueError("it is no index of pieces")
        found[numbers[:3]] = numbers[3], pieces, windows
    return found


def pieces_of(member: "archive.Member", known: "Known") -> "list[Piece]":
    """The member's pieces of those that are `known`; none where they are not exactly the member."""
    if member.stored:
        return []
    last, pieces, windows = known.get((member.compressed, member.size, member.crc), (0, [], []))
    found: list[Piece] = []
    place = begin = crc = 0
    for packed, window in zip(pieces, windows):
        found.append(Piece(member, place, begin, packed))
        found[-1].window = window
        place += packed[0]
        begin += packed[1]
        crc = _shifted(crc, packed[1]) ^ packed[2]
    if not all([piece.size for piece in found]) or (place, begin, crc) != (
        member.compressed,
        member.size,
        member.crc,
    ):
        return []
    found[-1].last = last
    return found


def _shifted(crc: int, size: int) -> int:
    """The CRC-32 of what has `crc`, once `size` bytes follow: to be combined with theirs by exclusive or."""
    power = 1 << 23  # x to the 8th
    while size:
        if size & 1:
            crc = _times(power, crc)
        power = _times(power, power)
        size >>= 1
    return crc


def _times(one: int, other: int) -> int:
    """The product of two polynomials modulo that of CRC-32."""
    product = 0
    for bit in range(31, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return product
