"""Zips with a shape that every reader reads alike (APPNOTE.TXT); other wheels are refused.

    member, member, …, directory, [ZIP64 record and its locator,] end record

Some readers search for the end record from behind, others read members from the front; some trust the directory,
others the header before each member. So all of these have to agree, with no bytes before, between or after them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pexlite.model import ZipDirectory

_END, _ENTRY, _MEMBER, _DESCRIPTOR = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
_LOCATOR, _WIDE_END = b"PK\x06\x07", b"PK\x06\x06"
_WIDE = 0xFFFFFFFF  # the placeholder of a number in the ZIP64 field
_UTF8, _DESCRIBED = 0x800, 0x8
# Flags that do not change the content: encryption is checked elsewhere, the others tell of compression and order.
_USUAL_FLAGS = 0x1 | 0x2 | 0x4 | _DESCRIBED | _UTF8
_WIDE_FIELD, _NAME_FIELD = 0x0001, 0x7075
_NEWEST = 63  # the newest version of the format that zipfile reads
_PIECE = 1 << 20  # bytes in memory at once


class UnlikeError(ValueError):
    """Readers may read the zip differently; the message names the place."""


@dataclass(frozen=True)
class Entry:
    """A member, as the directory describes it."""

    name: bytes
    flags: int
    method: int
    crc32: int
    compressed: int
    size: int
    offset: int

    @property
    def shown(self) -> str:
        """The name for messages."""
        return self.name.decode("utf-8" if self.flags & _UTF8 else "cp437", "backslashreplace")


def read_shape(file: BinaryIO) -> tuple[ZipDirectory, tuple[Entry, ...]]:
    """The directory of the zip `file`, and its members, which match the directory. Raises UnlikeError."""
    directory = read_directory(file)
    entries = tuple(_entries(_read(file, directory.offset, directory.size)))
    if len(entries) != directory.count:
        raise UnlikeError(f"its end counts {directory.count} members, its directory has {len(entries)}")
    _check_members(file, sorted(entries, key=lambda entry: entry.offset), directory.offset)
    return directory, entries


def read_directory(file: BinaryIO) -> ZipDirectory:
    """The place of the directory in the zip `file`, found by its end record. Raises UnlikeError."""
    size = file.seek(0, 2)
    count, length, offset, end = _end(file, size)
    if offset + length != end:
        raise UnlikeError(
            f"it has {end - offset - length} bytes before it, or its end says where it does not begin"
        )
    return ZipDirectory(offset, length, count, zlib.crc32(_read(file, offset, length)))


# -- the end -------------------------------------------------------------------------------------


def _end(file: BinaryIO, size: int) -> tuple[int, int, int, int]:
    """The directory's count, length and offset, and the position where it has to end."""
    tail = _read(file, max(0, size - 22), min(size, 22))
    if len(tail) < 22 or tail[:4] != _END or tail[20:] != b"\0\0":
        raise UnlikeError(_why_no_end(file, size))
    disks = struct.unpack_from("<HH", tail, 4)
    numbers: tuple[int, ...] = struct.unpack_from("<HHII", tail, 8)
    end = size - 22
    if _read(file, max(0, end - 20), min(end, 20))[:4] == _LOCATOR:
        end, wide = _wide_end(file, end - 20)
        limits = (0xFFFF, 0xFFFF, _WIDE, _WIDE)
        if any(narrow not in (limit, found) for narrow, limit, found in zip(numbers, limits, wide, strict=True)):
            raise UnlikeError("its two ends differ")
        numbers = wide
    if any(disks) or numbers[0] != numbers[1]:
        raise UnlikeError("it says that it is one of several parts")
    return numbers[1], numbers[2], numbers[3], end


def _why_no_end(file: BinaryIO, size: int) -> str:
    tail = _read(file, max(0, size - 22 - 0xFFFF), min(size, 22 + 0xFFFF))
    found = tail.rfind(_END, 0, max(0, len(tail) - 18))
    if found < 0:
        return "it is cut off: it has no end"
    behind = len(tail) - found - 22
    comment = int.from_bytes(tail[found + 20 : found + 22], "little")
    return "it has a comment" if comment == behind > 0 else f"it has {behind} bytes behind its end"


def _wide_end(file: BinaryIO, locator: int) -> tuple[int, tuple[int, ...]]:
    """The position of the ZIP64 record, which is right before its locator, and its numbers."""
    place = locator - 56
    first, record, last = struct.unpack("<IQI", _read(file, locator + 4, 16))
    content = _read(file, max(0, place), 56)
    if (first, record, last) != (0, place, 1) or content[:12] != _WIDE_END + struct.pack("<Q", 44):
        raise UnlikeError("its ZIP64 record is not where it should be")
    if any(struct.unpack_from("<II", content, 16)):
        raise UnlikeError("it says that it is one of several parts")
    return place, struct.unpack_from("<QQQQ", content, 24)


# -- the directory -------------------------------------------------------------------------------


def _entries(content: bytes) -> Iterator[Entry]:
    position = 0
    while position < len(content):
        if content[position : position + 4] != _ENTRY or position + 46 > len(content):
            raise UnlikeError("its directory holds something that is no member")
        version, flags, method = struct.unpack_from("<BxHH", content, position + 6)
        crc, compressed, size = struct.unpack_from("<III", content, position + 16)
        lengths = struct.unpack_from("<HHH", content, position + 28)
        disk, (offset,) = content[position + 34 : position + 36], struct.unpack_from("<I", content, position + 42)
        position += 46
        name = content[position : position + lengths[0]]
        extra = content[position + lengths[0] : position + lengths[0] + lengths[1]]
        position += sum(lengths)
        if position > len(content) or disk != b"\0\0":
            raise UnlikeError("its directory holds something that is no member")
        entry = Entry(name, flags, method, crc, *_widened(extra, size, compressed, offset))
        if version > _NEWEST:
            raise UnlikeError(f"member {entry.shown!r} is packed in a way that not every reader knows")
        _check_name(entry, extra)
        yield entry


def _widened(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Compressed size, size and offset, with placeholders replaced from the ZIP64 field."""
    numbers = [size, compressed, offset]
    missing = [place for place, number in enumerate(numbers) if number == _WIDE]
    field = _fields(extra).get(_WIDE_FIELD, b"")
    if len(field) < 8 * len(missing):
        raise UnlikeError("a ZIP64 field is cut off")
    for place, (number,) in zip(missing, struct.iter_unpack("<Q", field[: 8 * len(missing)]), strict=True):
        numbers[place] = number
    return numbers[1], numbers[0], numbers[2]


def _fields(extra: bytes) -> dict[int, bytes]:
    """The extra fields by kind. Bytes after the last complete field are padding that some writers leave."""
    found: dict[int, bytes] = {}
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind in found and kind in (_WIDE_FIELD, _NAME_FIELD):
            raise UnlikeError("a member has an extra field twice")
        found[kind] = extra[position + 4 : position + 4 + length]
        position += 4 + length
    return found


def _check_name(entry: Entry, extra: bytes) -> None:
    if entry.flags & ~_USUAL_FLAGS:
        raise UnlikeError(f"member {entry.shown!r} is packed in a way that not every reader knows")
    if entry.flags & _UTF8:
        try:
            entry.name.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise UnlikeError(f"member {entry.shown!r} has a name that is no UTF-8, as it says") from problem
    elif not entry.name.isascii():
        raise UnlikeError(f"member {entry.shown!r} has a name whose encoding every reader guesses")
    if _NAME_FIELD in (fields := _fields(extra)) and fields[_NAME_FIELD][5:] != entry.name:
        raise UnlikeError(f"member {entry.shown!r} has two names")


# -- the members ---------------------------------------------------------------------------------


def _check_members(file: BinaryIO, ordered: Sequence[Entry], directory: int) -> None:
    """Raise UnlikeError unless the members match the directory and lie one after another, up to it."""
    position, before = 0, ""
    for entry, following in zip(ordered, [*(after.offset for after in ordered[1:]), directory], strict=False):
        if position > entry.offset:
            raise UnlikeError(f"members {before} and {entry.shown} overlap")
        if position < entry.offset:
            raise UnlikeError(f"it has {entry.offset - position} bytes before member {entry.shown}")
        position, before = _end_of(file, entry, following), entry.shown
    if position != directory:
        raise UnlikeError(f"it has {directory - position} bytes before its directory")


def _end_of(file: BinaryIO, entry: Entry, following: int) -> int:
    """The end of the member, before the position `following`. Raises UnlikeError where its own header differs."""
    header = _read(file, entry.offset, 30)
    if header[:4] != _MEMBER:
        raise UnlikeError(f"member {entry.shown!r} is not where its directory says")
    flags, method = struct.unpack_from("<HH", header, 6)
    crc, compressed, size, name_length, extra_length = struct.unpack_from("<IIIHH", header, 14)
    rest = _read(file, entry.offset + 30, name_length + extra_length)
    name, extra = rest[:name_length], rest[name_length:]
    if (name, flags, method) != (entry.name, entry.flags, entry.method):
        raise UnlikeError(f"member {entry.shown!r} is another one where it begins: {name!r}")
    _check_name(entry, extra)
    compressed, size, _ = _widened(extra, size, compressed, 0)
    told = (entry.crc32, entry.compressed, entry.size)
    unsaid = flags & _DESCRIBED and not (crc or compressed or size)
    if (crc, compressed, size) != told and not unsaid:
        raise UnlikeError(f"member {entry.shown!r} has another size or CRC where it begins")
    end: int = entry.offset + 30 + name_length + extra_length + entry.compressed
    if flags & _DESCRIBED:
        end += _descriptor_length(_read(file, end, min(24, max(0, following - end))), told)
    return end


def _descriptor_length(content: bytes, told: tuple[int, int, int]) -> int:
    """The length of the data descriptor at the start of `content`; 0 where it does not repeat CRC and sizes."""
    for numbers in ("<III", "<IQQ"):
        for sign in (_DESCRIPTOR, b""):
            try:
                packed = sign + struct.pack(numbers, *told)
            except struct.error:
                continue  # too large for a descriptor of 32-bit sizes
            if content == packed:
                return len(packed)
    return 0


def content(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """The content of a member, piece by piece.

    Raises UnlikeError where its size or CRC differs from the directory's, or its compressed data ends elsewhere.
    """
    lengths = struct.unpack("<HH", _read(file, entry.offset + 26, 4))
    position, left = entry.offset + 30 + sum(lengths), entry.compressed
    inflate = zlib.decompressobj(-15) if entry.method else None
    size = crc = 0
    while left:
        packed = _read(file, position, min(left, _PIECE))
        position, left = position + len(packed), left - len(packed)
        for piece in _inflated(inflate, packed) if inflate else (packed,):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            if size > entry.size:
                raise UnlikeError(f"member {entry.shown!r} holds more than it says")
            yield piece
        if inflate and inflate.eof and (inflate.unused_data or left):
            raise UnlikeError(f"member {entry.shown!r} has bytes behind what is packed in it")
    if (size, crc) != (entry.size, entry.crc32) or (inflate and not inflate.eof and entry.compressed):
        raise UnlikeError(f"member {entry.shown!r} is not what its size and CRC say")


def _inflated(inflate: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    while packed:
        try:
            yield inflate.decompress(packed, _PIECE)
        except zlib.error as problem:
            raise UnlikeError(f"a member cannot be unpacked: {problem}") from problem
        packed = inflate.unconsumed_tail


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    content = file.read(length)
    if len(content) < length:
        raise UnlikeError("it is cut off")
    return content
