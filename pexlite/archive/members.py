"""A zip of unknown origin, opened within limits; its small members read within limits.

zipfile makes an object for every entry of a directory, and inflates a whole member at once: a few hundred
kilobytes become gigabytes. So the directory is checked first, and no more is inflated than a member's stated size.
"""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

# The end record of a zip without a comment (APPNOTE.TXT 4.3.16), and the records before it in a ZIP64.
_END = struct.Struct("<4s4H2IH")
_LOCATOR_SIZE = 20
_ENTRY_SIZE = 46
_MOST_DIRECTORY = 16 << 20  # bytes
_MOST_ENTRIES = 150_000  # more than any wheel has; 100 MB as zipfile's objects
_LARGE = 4 << 20  # bytes, at most, of a member that is read as a whole

# Everything that zipfile raises for unreadable zips.
UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    KeyError,
    OSError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
)


@contextlib.contextmanager
def open_zip(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The zip that is the whole of `file` or its end. Raises zipfile.BadZipFile and others of UNREADABLE."""
    _check_directory(file)
    with zipfile.ZipFile(file) as opened:
        yield opened


def read_part(opened: zipfile.ZipFile, name: str, most: int = _LARGE) -> bytes:
    """The content of the member `name`, checked. Raises KeyError without one, and others of UNREADABLE."""
    member = opened.getinfo(name)
    if member.file_size > most:
        raise zipfile.BadZipFile(f"{name} has {member.file_size:,} bytes, and {most:,} at most are read")
    return b"".join(pieces(opened, member))


def pieces(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of `member` in pieces, its CRC checked at the end. Raises errors of UNREADABLE."""
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{member.filename} is packed in a way that no file of pexlite is")
    size = 0
    with opened.open(member) as content:
        # Never read() without a size: zipfile would inflate everything there, whatever the member's stated size.
        while piece := content.read(1 << 20):
            size += len(piece)
            yield piece
    if size != member.file_size:
        raise zipfile.BadZipFile(f"{member.filename} is cut off")


def _check_directory(file: BinaryIO) -> None:
    """Raise BadZipFile unless the directory ends the file, has as many entries as it states, and not too many."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - _LOCATOR_SIZE))
    tail = file.read(_LOCATOR_SIZE + _END.size)
    if len(tail) < _END.size:
        raise zipfile.BadZipFile("it is no zip")
    signature, _, _, _, count, directory, _, comment = _END.unpack(tail[-_END.size :])
    if signature != b"PK\x05\x06" or comment:
        raise zipfile.BadZipFile("it does not end as a zip does")
    if tail[: -_END.size].startswith(b"PK\x06\x07"):
        _check_zip64(file, size)
    else:
        _check_entries(file, size - _END.size - directory, directory, count)


def _check_zip64(file: BinaryIO, size: int) -> None:
    """The same check as `_check_directory` for a ZIP64 (APPNOTE.TXT 4.3.14), as a wheel may be."""
    end = size - _END.size - _LOCATOR_SIZE
    file.seek(max(0, end - 56))
    record = file.read(56)
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        raise zipfile.BadZipFile("its directory has changed")
    count, directory = struct.unpack_from("<QQ", record, 32)
    _check_entries(file, end - 56 - directory, directory, count)


def _check_entries(file: BinaryIO, start: int, size: int, count: int) -> None:
    if start < 0 or size > _MOST_DIRECTORY or count > _MOST_ENTRIES:
        raise zipfile.BadZipFile(f"its directory of {size:,} bytes for {count:,} files is none of a wheel")
    file.seek(start)
    directory = file.read(size)
    position = found = 0
    while position < size and found <= count:
        if directory[position : position + 4] != b"PK\x01\x02" or position + _ENTRY_SIZE > size:
            raise zipfile.BadZipFile("its directory has changed")
        position += _ENTRY_SIZE + sum(struct.unpack_from("<3H", directory, position + 28))
        found += 1
    if position != size or found != count:
        raise zipfile.BadZipFile("its directory has not as many entries as it says")
