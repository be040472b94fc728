"""The frame of a built file: what lies around the content of its members, every byte of it accounted for.

    header, [Pythons and wheels of a file past 4 GiB,] member, member, ..., directory, end

A build writes it in one way only. So it is written again here, from the names, sizes and CRCs in the directory,
and compared: whatever a reader of zips might take for something else (a gap, an overlap, bytes in front or behind,
a comment, an extra field, a flag, a date, a name twice, a local header unlike its entry) is a difference.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from pexlite.archive.aligned import gap
from pexlite.archive.member import Entry, directory, is_aligned, local_header, member_name
from pexlite.model import Manifest, StoredPython, StoredWheel

_END = struct.Struct("<4s4H2IH")
_PIECE = 1 << 20
_LARGEST_PART = 64 << 20  # bytes of one of our own members, unpacked; pexlite writes none that is larger


@dataclass(frozen=True)
class Frame:
    """The members of a file, which lie one behind the other and are what its directory says."""

    before: int
    """The number of bytes before the zip, from which offsets in it count."""
    members: tuple[Entry, ...]
    directory: int
    """Where the directory begins, counted as offsets of members are."""

    def member(self, name: str) -> Entry | None:
        """The member of this name, if there is one."""
        return next((entry for entry in self.members if entry.name == name), None)

    def place(self, name: str) -> tuple[int, int] | None:
        """Where the content of a member is in the file: its first byte and how many; None without it."""
        entry = self.member(name)
        return None if entry is None else (self.before + entry.begin, entry.held)


def read_frame(file: BinaryIO, manifest: Manifest) -> Frame:
    """The frame of the open `file`. Raises zipfile.BadZipFile, which says what no build would have written."""
    size = file.seek(0, 2)
    end = _read(file, max(0, size - _END.size), _END.size)
    signature, _, _, _, _, length, offset, _ = _END.unpack(end)
    before = size - _END.size - length - offset
    if signature != b"PK\5\6" or before < 0:
        raise zipfile.BadZipFile("it does not end as it was written")
    try:
        entries = tuple(_entries(_read(file, before + offset, length)))
    except UnicodeDecodeError as problem:
        raise zipfile.BadZipFile("its directory has a name that no build gives") from problem
    if _read(file, before + offset, length + _END.size) != directory(entries, offset):
        raise zipfile.BadZipFile("its directory is not as a build writes it")
    aligned = {member_name(wheel) for wheel in manifest.wheels if is_aligned(wheel)} if before == 0 else set()
    entries = tuple(replace(entry, is_aligned=entry.name in aligned) for entry in entries)
    frame = Frame(before, entries, offset)
    _check_names(entries)
    _check_members(file, frame, _beginning(file, manifest, frame))
    return frame


def content(file: BinaryIO, frame: Frame, entry: Entry) -> bytes:
    """The content of one of the file's own members, unpacked. Raises zipfile.BadZipFile."""
    held = _read(file, frame.before + entry.begin, entry.held)
    if entry.compressed is None:
        found = held
    else:
        if entry.size > _LARGEST_PART:
            raise zipfile.BadZipFile(f"its {entry.name} is larger than any of a build")
        unpacker = zlib.decompressobj(-15)
        try:
            found = unpacker.decompress(held, entry.size + 1)
        except zlib.error as problem:
            raise zipfile.BadZipFile(f"its {entry.name} has changed") from problem
        if not unpacker.eof or unpacker.unused_data:
            raise zipfile.BadZipFile(f"its {entry.name} does not end where it should")
    if len(found) != entry.size or zlib.crc32(found) != entry.crc32:
        raise zipfile.BadZipFile(f"its {entry.name} has changed")
    return found


def held(file: BinaryIO, frame: Frame, entry: Entry) -> bytes:
    """The content of a member as it lies in the file."""
    return _read(file, frame.before + entry.begin, entry.held)


def _entries(content: bytes) -> Iterator[Entry]:
    """The entries of a directory, as far as a build writes such; `read_frame` compares the rest."""
    position = 0
    while position < len(content):
        fields = content[position : position + 46]
        if len(fields) < 46 or fields[:4] != b"PK\1\2":
            raise zipfile.BadZipFile("its directory holds something that is no member")
        method, crc, compressed, size, length = struct.unpack_from("<H4xIIIH", fields, 10)
        (offset,) = struct.unpack_from("<I", fields, 42)
        name = content[position + 46 : position + 46 + length].decode("utf-8")
        yield Entry(name, crc, size, offset, compressed if method else None)
        position += 46 + length


def _check_names(entries: Sequence[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        # Some readers, and some file systems, take two names that differ in case for one.
        if entry.name.lower() in seen:
            raise zipfile.BadZipFile(f"it has {entry.name} twice")
        seen.add(entry.name.lower())


def _check_members(file: BinaryIO, frame: Frame, position: int) -> None:
    """Raise BadZipFile unless the members, from `position` on, lie one behind the other up to the directory."""
    for entry in frame.members:
        if frame.before + entry.offset != position:
            raise zipfile.BadZipFile(f"its {entry.name} does not lie where the member before it ends")
        header = local_header(entry)
        if _read(file, position, len(header)) != header:
            raise zipfile.BadZipFile(f"its {entry.name} is another member where it begins")
        position = frame.before + entry.end
    if position != frame.before + frame.directory:
        raise zipfile.BadZipFile("its directory does not lie where the last member ends")


def _beginning(file: BinaryIO, manifest: Manifest, frame: Frame) -> int:
    """Where the first member has to begin: behind the header, or behind wheels that are no members.

    Raises BadZipFile unless each Python and wheel lies where PEX-INFO says.
    """
    parts: tuple[StoredPython | StoredWheel, ...] = (*manifest.own_pythons, *manifest.wheels)
    position = manifest.header[0]
    if frame.before == 0:
        names = [entry.name for entry in frame.members[: len(parts)]]
        if names != [member_name(part) for part in parts]:
            raise zipfile.BadZipFile("its wheels are not its first members, in their order")
        for part in parts:
            if frame.place(member_name(part)) != (part.offset, part.size):
                raise zipfile.BadZipFile(f"{_name(part)} is not where PEX-INFO says")
        return position
    for part in parts:
        filling = gap(position) if is_aligned(part) else 0
        if any(_read(file, position, filling)):
            raise zipfile.BadZipFile(f"something lies before {_name(part)}")
        position += filling
        if part.offset != position:
            raise zipfile.BadZipFile(f"{_name(part)} does not lie where the one before it ends")
        position += part.size
    if frame.before != position:
        raise zipfile.BadZipFile("something lies before the zip")
    return position


def _name(part: StoredPython | StoredWheel) -> str:
    return f"its CPython {part.version}" if isinstance(part, StoredPython) else part.filename


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    found = file.read(length)
    if len(found) < length:
        raise zipfile.BadZipFile("it is cut off")
    return found
