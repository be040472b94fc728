"""Members that are gzip files: what is in them is compared, and compressed again on the host.

1f 8b 08 08 5c 9e 6a 68 00 03 "service-2.json" 00, deflated content, CRC-32 and size     as botocore has them

gzip deflates as zlib does, but ends its blocks elsewhere: where those end is sent along.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Container
from dataclasses import dataclass

from pexlite.ship.deflate import LEVELS, level_of
from pexlite.ship.room import reassemble, reblocked

_MAGIC = b"\x1f\x8b\x08"
_NAMED = 8
_MOST = 1 << 25  # bytes of a content, which the host keeps in memory


@dataclass(frozen=True)
class GzipFile:
    """A gzip file by its parts."""

    head: bytes
    content: bytes
    level: int
    blocks: tuple[tuple[int, int, int], ...]
    """As `reblocked.heads_of` has them; none where they are as zlib makes them."""


def content_of(file: bytes) -> bytes | None:
    """The content of a gzip file; None where it is none, is damaged or too large, or has more behind it."""
    if not file.startswith(_MAGIC):
        return None
    inflater = zlib.decompressobj(31)
    try:
        content = inflater.decompress(file, _MOST)
    except zlib.error:
        return None
    return content if inflater.eof and not inflater.unused_data else None


def gzip_file(file: bytes, content: bytes, levels: Container[int], *, reblocking: bool) -> GzipFile | None:
    """The parts that `file`, a gzip file with this content, is made of again; None where there are none.

    `levels` are those at which zlib deflates as it does here. Without `reblocking`, blocks have to be zlib's own.
    """
    head = _head(file)
    held = file[len(head) : -8]
    if not head or file[-8:] != struct.pack("<2L", zlib.crc32(content), len(content)):
        return None
    level = level_of(held, content, levels)
    if level is not None:
        return GzipFile(head, content, level, ())
    return _reblocked(head, held, content, levels) if reblocking else None


def _reblocked(head: bytes, held: bytes, content: bytes, levels: Container[int]) -> GzipFile | None:
    misfit = reassemble().Misfit
    try:
        blocks = tuple(reblocked().heads_of(held))
    except misfit:
        return None
    for level in LEVELS:
        if level in levels:
            try:
                if reblocked().reblocked(reassemble().deflated(content, level), blocks) == held:
                    return GzipFile(head, content, level, blocks)
            except misfit:
                continue
    return None


def _head(file: bytes) -> bytes:
    """The bytes before the deflated content; none where there is more in them than a name."""
    flags = file[3]
    if flags & ~_NAMED:
        return b""
    return file[: file.index(b"\0", 10) + 1] if flags & _NAMED else file[:10]
