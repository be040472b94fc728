"""A signature as the last member of a built file, which is taken out before anything is compared with it.

    members, .signature, directory with an entry for it at its end, end

Without these bytes, and with the numbers in the end that count them put back, it is the file that was signed. No
offset in it changes, and only an armored signature has a place there.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pexlite.archive.member import Entry, directory, local_header
from pexlite.archive.stored_wheels import Part
from pexlite.errors import NotABundle

MEMBER = ".signature"
_LARGEST = 16 << 10
_ARMORED = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]{1,76}\n){1,200}-----END SSH SIGNATURE-----\n"
)
_END = struct.Struct("<4s4H2IH")


def taken_out(file: BinaryIO) -> tuple[BinaryIO, bytes | None]:
    """The open `file` without the signature in it, and this signature; `file` itself and None where it has none.

    `file` must stay open, and nobody else may read it meanwhile.
    """
    size = file.seek(0, 2)
    end = _read(file, size - _END.size, _END.size)
    if len(end) < _END.size or end[:4] != b"PK\5\6":
        return file, None
    _, _, _, _, count, length, offset, comment = _END.unpack(end)
    last = 46 + len(MEMBER)
    before = size - _END.size - length - offset
    entry = _read(file, size - _END.size - last, last)
    if comment or length < last or before < 0 or entry[46:] != MEMBER.encode() or entry[:4] != b"PK\1\2":
        return file, None
    held, begin = struct.unpack_from("<I", entry, 20)[0], struct.unpack_from("<I", entry, 42)[0]
    signature = _read(file, before + offset - held, held) if held <= _LARGEST else b""
    if _member(signature, begin) != _read(file, before + begin, offset - begin) or not _ARMORED.fullmatch(
        signature
    ):
        return file, None
    if _entry(signature, begin) != entry:
        return file, None
    tail = _read(file, before + offset, length - last)
    tail += _END.pack(b"PK\5\6", 0, 0, count - 1, count - 1, length - last, begin, 0)
    return io.BufferedReader(Part(file, 0, before + begin, tail), 1 << 20), signature


@contextmanager
def opened_unsigned(path: Path) -> Iterator[tuple[BinaryIO, bytes | None]]:
    """The open file at `path` as `taken_out` gives it. Raises NotABundle where it cannot be read."""
    try:
        with path.open("rb") as file:
            yield taken_out(file)
    except OSError as failure:
        raise NotABundle(
            f"{path} cannot be read", causes=[(failure.strerror or str(failure)).lower()], hint="check the path"
        ) from failure


def put_in(file: BinaryIO, signature: bytes) -> tuple[int, bytes]:
    """The end of the unsigned, open `file` with `signature` in it, and where that end begins.

    Raises NotABundle for a file that is no zip as pexlite writes it.
    """
    size = file.seek(0, 2)
    end = _read(file, size - _END.size, _END.size)
    if end[:4] != b"PK\5\6":
        raise NotABundle("the file does not end as pexlite writes it", hint="copy it here again")
    _, _, _, _, count, length, offset, _ = _END.unpack(end)
    begin = size - _END.size - length
    listed = _read(file, begin, length) + _entry(signature, offset)
    member = _member(signature, offset)
    numbers = (b"PK\5\6", 0, 0, count + 1, count + 1, len(listed), offset + len(member), 0)
    return begin, member + listed + _END.pack(*numbers)


def _of(signature: bytes, offset: int) -> Entry:
    return Entry(MEMBER, zlib.crc32(signature), len(signature), offset)


def _member(signature: bytes, offset: int) -> bytes:
    return local_header(_of(signature, offset)) + signature


def _entry(signature: bytes, offset: int) -> bytes:
    return directory([_of(signature, offset)], 0)[: -_END.size]


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(max(0, offset))
    return file.read(max(0, length))
