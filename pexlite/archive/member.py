"""A member of the zip that a built file is, as bytes: its name, its local header, its place in the directory."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from pexlite.archive.aligned import padding
from pexlite.model import Bytecode, StoredWheel, Wheel
from pexlite.model.own_python import InterpreterArchive

TREES, PACKS = ".trees/", ".bytecode/"
"""The folders of trees, and of the wheels' bytecode."""
RECIPES = ".recipes"
"""The member with all recipes."""
PIECES = ".pieces"
"""The member with the index of the pieces of large members."""
_DOS_EPOCH = (0, 0x21)  # midnight, 1980-01-01
_REGULAR = 0o100644 << 16
# Stored, so that a start needs no zlib: so early, PYTHONPATH could put another module in its place.
_STORED = ("__main__.py", "__main__.pyc")
# An invalid end record. In a truncated file Python would otherwise find the end record of the last complete wheel,
# and run that wheel.
_NO_END = struct.pack("<HH4s18s", 0x7870, 22, b"PK\x05\x06", b"\xff" * 18)


@dataclass(frozen=True)
class Entry:
    """A member: its name, what its content is, and where its local header begins."""

    name: str
    crc32: int
    size: int
    offset: int
    compressed: int | None = None
    """Bytes when deflated; None for a stored entry."""
    is_aligned: bool = False
    """Whether its content begins at a multiple of `aligned.BLOCK`."""

    @property
    def fields(self) -> tuple[int, ...]:
        """The fields that local header and directory share (APPNOTE.TXT 4.3.7), from "version needed" on."""
        method, held = (0, self.size) if self.compressed is None else (8, self.compressed)
        return (20, 0, method, *_DOS_EPOCH, self.crc32, held, self.size, len(self.name.encode()))

    @property
    def held(self) -> int:
        """Bytes of its content in the file."""
        return self.size if self.compressed is None else self.compressed

    @property
    def begin(self) -> int:
        """Where the first byte of its content is, counted as `offset` is."""
        begin = self.offset + size_before(self.name)
        return begin + len(padding(begin)) if self.is_aligned else begin

    @property
    def end(self) -> int:
        """Where its content ends, counted as `offset` is."""
        return self.begin + self.held


def bytecode_name(pack: Bytecode) -> str:
    """The name of the member with this bytecode."""
    return f"{PACKS}{pack.python}/{pack.wheel_sha256[:32]}.zip"


def size_before(name: str) -> int:
    """The number of bytes before the content of the member `name`."""
    return 30 + len(name.encode()) + len(_NO_END)


def member_name(part: InterpreterArchive | Wheel | StoredWheel) -> str:
    """The name of the member with this Python or wheel."""
    if isinstance(part, InterpreterArchive):
        return f".python/{part.sha256[:32]}{part.suffix}"
    return f".deps/{part.filename}.zst" if part.frames else f".deps/{part.filename}"


def recipes_of(wheels: Sequence[Wheel]) -> bytes:
    """The content of the member with all recipes; empty where there is to be none."""
    return b"".join(wheel.recipe for wheel in wheels if wheel.repacked_from)


def pieces_of(wheels: Sequence[Wheel]) -> bytes:
    """The content of the member with the pieces of all wheels; empty where there is to be none."""
    return b"".join(wheel.pieces for wheel in wheels)


def is_aligned(part: InterpreterArchive | Wheel | StoredWheel) -> bool:
    """Whether the part begins at a multiple of `aligned.BLOCK`, as the large members of its own do in it."""
    return not isinstance(part, InterpreterArchive) and bool(part.repacked_from) and not part.frames


def held_content(name: str, content: bytes) -> bytes | None:
    """The content of our own member, deflated; None where it is stored."""
    if name in _STORED or name == RECIPES or name.startswith(PACKS):
        return None
    # For trees level 6 takes half the time of level 9, for 1 % more bytes.
    return _deflated(content, 6 if name.startswith((TREES, PIECES)) else 9)


@functools.lru_cache(maxsize=256)
def _deflated(content: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()


def local_header(entry: Entry) -> bytes:
    """The bytes before the content of the member."""
    # The invalid end record comes first: a file that was cut off within the padding has it.
    extra = _NO_END + (padding(entry.offset + size_before(entry.name)) if entry.is_aligned else b"")
    fields = struct.pack("<4s5H3I2H", b"PK\x03\x04", *entry.fields, len(extra))
    return fields + entry.name.encode() + extra


def directory(entries: Sequence[Entry], offset: int) -> bytes:
    """The central directory and its end record (APPNOTE.TXT 4.3.12 and 4.3.16)."""
    parts = []
    for entry in entries:
        fields = (20 | 3 << 8, *entry.fields, 0, 0, 0, 0, _REGULAR, entry.offset)
        parts.append(struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields) + entry.name.encode())
    content = b"".join(parts)
    count = len(entries)
    return content + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(content), offset, 0)
