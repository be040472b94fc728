"""Zip archives inside a file: directories read, members' contents read and checked."""

import struct
import zlib

from .. import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .frames import Frames

_PIECE = 4 << 20  # bytes of a member in memory, where it is read piece by piece
_ENTRY = b"PK\x01\x02"  # how a line of a zip's directory begins
_MOST_DIRECTORY = 16 << 20  # bytes of a directory in frames, which may be far smaller in the file


class Damaged(Exception):
    """A file whose content is not what was built."""


class Unreadable(Exception):
    """A file that is as it was built, and that this Python has no means to read."""


class Member:
    """One file in a zip archive: its name, sizes, CRC and the place of its bytes.

    That is `offset` in the file; with `frames`, in the wheel that they hold.
    """

    __slots__ = ("compressed", "crc", "frames", "mode", "name", "offset", "size", "stored")

    def __init__(
        self,
        name: str,
        offset: int,
        compressed: int,
        size: int,
        crc: int,
        stored: bool,
        mode: int,
        frames: "Frames | None" = None,
    ) -> None:
        self.name = name
        self.offset = offset
        self.compressed = compressed
        self.size = size
        self.crc = crc
        self.stored = stored
        self.mode = mode
        self.frames = frames


def read_members(descriptor: int, place: "dict[str, Any]", wheel: str) -> "list[Member]":
    """The members of a zip inside the open file, without directories.

    `place` is a dict: "offset" and "size" in the file, "directory" as [offset in the zip, size, count, CRC-32 or
    None], and "zstd" where it lies there in frames. The zip's end record is never searched, as other readers might
    find another one. Raises Damaged when the directory has changed, when a name leads out of the wheel, and when a
    name occurs twice (APPNOTE.TXT 4.3); Unreadable for frames without a zstandard.
    """
    start, content, frames = _directory(descriptor, place, wheel)
    members = []
    seen: set[str] = set()
    position = 0
    for _ in range(place["directory"][2]):
        member, position = _member(content, position, start, place["directory"][0], wheel, frames)
        if member.name.endswith("/"):
            continue
        if member.name in seen:
            raise Damaged("%s holds %r twice" % (wheel, member.name))
        seen.add(member.name)
        members.append(member)
    return members


def read_some(
    descriptor: int, place: "dict[str, Any]", wheel: str, choose: "Callable[[list[bytes]], Iterable[bytes]]"
) -> "dict[bytes, Member]":
    """As `read_members`, the members that are chosen, by their names as the directory has them.

    All names are handed to `choose`, which returns some of them; nothing else is looked at of other members. None
    where only reading all would tell them apart.
    """
    start, content, frames = _directory(descriptor, place, wheel)
    end, _, count, _ = place["directory"]
    entries = content.split(_ENTRY)[1:]
    found = {entry[42 : 42 + entry[24] + (entry[25] << 8)]: entry for entry in entries if len(entry) >= 42}
    if not len(entries) == len(found) == count:
        return {}  # bytes of that form are in one by chance, or by intent
    return {name: _member(_ENTRY + found[name], 0, start, end, wheel, frames)[0] for name in choose(list(found))}


def _directory(descriptor: int, place: "dict[str, Any]", wheel: str) -> "tuple[int, bytes, Frames | None]":
    """Where the zip begins in the file, or in its frames; its directory, checked; and the frames."""
    start, size, frames = place["offset"], place["size"], frames_of(place, wheel)
    if frames:
        start, size = 0, frames.size
    directory, directory_size, _, directory_crc = place["directory"]
    if directory + directory_size > size or (frames and directory_size > _MOST_DIRECTORY):
        raise Damaged("the directory of %s has changed" % wheel)
    content = read(descriptor, start + directory, directory_size, frames)
    if directory_crc is not None and zlib.crc32(content) & 0xFFFFFFFF != directory_crc:
        raise Damaged("the directory of %s has changed" % wheel)
    return start, content, frames


def _member(
    content: bytes, position: int, start: int, most: int, wheel: str, frames: "Frames | None"
) -> "tuple[Member, int]":
    """The member at `position` of a directory's `content`, and where the next one begins. Raises Damaged.

    `start` is where the zip begins, `most` the bytes of it before the directory.
    """
    if content[position : position + 4] != _ENTRY or position + 46 > len(content):
        raise Damaged("the directory of %s has changed" % wheel)
    fields = struct.unpack_from("<HHHHHHIIIHHHHHII", content, position + 4)
    flags, method, crc, compressed, unpacked = fields[2], fields[3], fields[6], fields[7], fields[8]
    name_size, extra_size, comment_size, mode, offset = fields[9:12] + (fields[14] >> 16, fields[15])
    position += 46
    name = content[position : position + name_size].decode("utf-8" if flags & 0x800 else "cp437", "replace")
    extra = content[position + name_size : position + name_size + extra_size]
    position += name_size + extra_size + comment_size
    if position > len(content):
        raise Damaged("the directory of %s has changed" % wheel)
    if 0xFFFFFFFF in (compressed, unpacked, offset):
        unpacked, compressed, offset = _zip64_values(extra, unpacked, compressed, offset)
    member = Member(name, start + offset, compressed, unpacked, crc, method == 0, mode, frames)
    if name.endswith("/"):
        return member, position
    if offset + compressed > most:
        raise Damaged("the directory of %s has changed" % wheel)
    if method not in (0, 8) or flags & 1:
        raise Damaged("%s in %s is packed in a way Python cannot read everywhere" % (name, wheel))
    is_link = mode & 0o170000 == 0o120000
    if is_link or "\\" in name or "\0" in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise Damaged("%s holds a file that would be written elsewhere: %r" % (wheel, name))
    return member, position


def frames_of(place: "dict[str, Any]", wheel: str) -> "Frames | None":
    """The frames in which the wheel lies in the file; None where it lies there as it is. Raises Unreadable."""
    if "zstd" not in place:
        return None
    try:
        from .frames import Frames

        return Frames(place, wheel)
    except ImportError:
        raise Unreadable("%s is packed by zstandard, and compression.zstd came with CPython 3.14" % wheel)
    except ValueError:
        raise Damaged("%s has changed" % wheel)


def _zip64_values(extra: bytes, *values: int) -> "tuple[int, ...]":
    """`values` with each 0xFFFFFFFF replaced by the next value of the ZIP64 extra field (APPNOTE.TXT 4.5.3)."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            if size % 8 or len(extra) < position + 4 + size or size // 8 < values.count(0xFFFFFFFF):
                break
            wide = iter(struct.unpack_from("<%dQ" % (size // 8), extra, position + 4))
            return tuple([next(wide) if value == 0xFFFFFFFF else value for value in values])
        position += 4 + size
    raise Damaged("a wheel's directory has changed")


def read(descriptor: int, offset: int, size: int, frames: "Frames | None" = None) -> bytes:
    """`size` bytes at `offset` of the file, or of the wheel in `frames`. Raises Damaged where it ends before."""
    if frames:
        try:
            return frames.read(lambda *place: read(descriptor, *place), offset, size)
        except ValueError:
            raise Damaged("%s has changed" % frames.name)
    content = system.read_at(descriptor, size, offset)
    while len(content) < size:
        more = system.read_at(descriptor, size - len(content), offset + len(content))
        if not more:
            raise Damaged("the file ends too early")
        content += more
    return content


def read_member(descriptor: int, member: Member) -> "bytes | memoryview":
    """The member's content. Raises Damaged when its size or CRC differs from the directory's."""
    content = _held(descriptor, member)
    if not member.stored:
        content = _inflate(content, member)
    check(zlib.crc32(content), len(content), member)
    return content


def _held(descriptor: int, member: Member) -> "bytes | memoryview":
    """The member's bytes as they are in the zip."""
    if member.frames:
        return read(descriptor, content_start(descriptor, member), member.compressed, member.frames)
    # One read gets both local header and data: the header's extra field is rarely longer than this guess.
    guess = 30 + len(member.name.encode("utf-8")) + 64
    block = system.read_at(descriptor, guess + member.compressed, member.offset)
    start = data_start(block)
    if len(block) < start + member.compressed:
        block = read(descriptor, member.offset, start + member.compressed)
    return memoryview(block)[start : start + member.compressed]


def _inflate(content: "bytes | memoryview", member: Member) -> bytes:
    inflate = zlib.decompressobj(-15)
    try:
        # One byte more than expected exposes a longer member without inflating all of it.
        return inflate.decompress(content, member.size + 1)
    except zlib.error:
        raise Damaged("%s has changed" % member.name)


def check(crc: int, size: int, member: Member) -> None:
    """Raise Damaged unless the member has this CRC and size."""
    if crc & 0xFFFFFFFF != member.crc or size != member.size:
        raise Damaged("%s has changed" % member.name)


def data_start(header: bytes) -> int:
    """The offset of a member's content from its local `header`. Raises Damaged."""
    if header[:4] != b"PK\x03\x04" or len(header) < 30:
        raise Damaged("a member of a wheel is not where it should be")
    sizes: tuple[int, int] = struct.unpack_from("<HH", header, 26)  # of its name and of its extra field
    return 30 + sum(sizes)


def pieces(descriptor: int, member: Member) -> "Iterator[bytes]":
    """The member's content, unchecked, in pieces of a few MB even if it is compressed well. Raises zlib.error."""
    begin = content_start(descriptor, member)
    inflate = None if member.stored else zlib.decompressobj(-15)
    return inflated(descriptor, begin, begin + member.compressed, inflate, member.frames)


def content_start(descriptor: int, member: Member) -> int:
    """Where the member's bytes begin in the open file, or in the wheel in its frames. Raises Damaged."""
    return member.offset + data_start(read(descriptor, member.offset, 30, member.frames))


def inflated(
    descriptor: int, position: int, end: int, inflate: "Any", frames: "Frames | None" = None
) -> "Iterator[bytes]":
    """The content of the bytes from `position` to `end`, in pieces of a few MB; `inflate` is zlib's, if any."""
    while position < end:
        piece = read(descriptor, position, min(end - position, _PIECE), frames)
        position += len(piece)
        while inflate and piece:
            yield inflate.decompress(piece, _PIECE)
            piece = inflate.unconsumed_tail
        yield inflate.flush() if inflate and position == end else piece
