"""The operations of a delta as values, and as the bytes that runtime/tools/reassemble.py reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pexlite.ship.differences import Difference

END, NEW, RAW, COPY, INFLATE, PATCH, DEFLATE, GZIP = range(8)
MOVES, INSIDE = 1, 2
"""As reassemble.py has them."""

SourceName: TypeAlias = int | tuple[str, ...]
"""A file by its number, or the path of a file in the cache, below its wheels."""


@dataclass(frozen=True)
class Raw:
    """Bytes of the new file that are sent as they are."""

    offset: int
    """In the new file."""
    size: int

    def script(self) -> bytes:
        """The operation as bytes."""
        return _numbers(RAW, self.size)


@dataclass(frozen=True)
class New:
    """Content that is sent in the script."""

    content: bytes

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.content)

    def script(self) -> bytes:
        """The operation as bytes."""
        return _numbers(NEW, len(self.content)) + self.content


@dataclass(frozen=True)
class Copy:
    """Bytes of a source."""

    source: int
    offset: int
    size: int

    def script(self) -> bytes:
        """The operation as bytes."""
        return _numbers(COPY, self.source, self.offset, self.size)


@dataclass(frozen=True)
class Inflate:
    """The content of a deflated member in a source."""

    source: int
    offset: int
    held: int
    size: int

    def script(self) -> bytes:
        """The operation as bytes."""
        return _numbers(INFLATE, self.source, self.offset, self.held, self.size)


@dataclass(frozen=True)
class Patch:
    """The content of a member in a source, changed by a difference."""

    source: int
    offset: int
    held: int
    """0 where the member is stored."""
    old_size: int
    size: int
    difference: Difference
    inside: int = 0
    """Where the old content is a gzip file whose own content is meant, the size of that."""

    def script(self) -> bytes:
        """The operation as bytes."""
        made = self.difference
        place = (self.source, self.offset, self.held, self.old_size, self.size)
        counts = tuple(map(len, (made.controls, made.runs, made.changed, made.extras)))
        controls = [part for adding, taking, seek in made.controls for part in (adding, taking, _signed(seek))]
        how = (MOVES if made.moves else 0) | (INSIDE if self.inside else 0)
        inside = [self.inside] if self.inside else []
        return _numbers(PATCH, *place, how, *counts, *inside, *controls, *made.runs) + made.changed + made.extras


@dataclass(frozen=True)
class Gzip:
    """A gzip file, whose content is an old one's changed by a difference."""

    head: bytes
    level: int
    blocks: tuple[tuple[int, int, int], ...]
    """Of each block the head, its bits, and the number of symbols; none where they are as zlib makes them."""
    size: int
    content: Patch

    def script(self) -> bytes:
        """The operation as bytes."""
        found = [_numbers(GZIP, len(self.head), self.level, len(self.blocks)), self.head]
        for head, bits, symbols in self.blocks:
            found.append(_numbers(bits, symbols) + head.to_bytes((bits + 7) // 8, "little"))
        return b"".join(found) + self.content.script()


Content: TypeAlias = New | Copy | Inflate | Patch | Gzip


@dataclass(frozen=True)
class Deflate:
    """Content that is deflated again."""

    level: int
    size: int
    """Bytes once deflated."""
    content: Content

    def script(self) -> bytes:
        """The operation as bytes."""
        inside = self.content.script()
        return _numbers(DEFLATE, self.level, self.size, len(inside)) + inside


Operation: TypeAlias = Raw | Content | Deflate


def joined(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """`operations` with neighbours of one kind as one, and empty ones left out."""
    found: list[Operation] = []
    for operation in operations:
        last = found[-1] if found else None
        match last, operation:
            case Copy(), Copy() if last.source == operation.source and last.offset + last.size == operation.offset:
                found[-1] = Copy(last.source, last.offset, last.size + operation.size)
            case Raw(), Raw() if last.offset + last.size == operation.offset:
                found[-1] = Raw(last.offset, last.size + operation.size)
            case New(), New():
                found[-1] = New(last.content + operation.content)
            case _ if operation.size:
                found.append(operation)
    return tuple(found)


def script_of(operations: Sequence[Operation]) -> bytes:
    """All operations as bytes, and their end."""
    return b"".join(operation.script() for operation in operations) + _numbers(END)


def _numbers(*numbers: int) -> bytes:
    """Numbers with seven bits a byte, the lowest first."""
    found = bytearray()
    for number in numbers:
        while number > 127:
            found.append(number & 127 | 128)
            number >>= 7
        found.append(number)
    return bytes(found)


def _signed(number: int) -> int:
    """A number whose lowest bit is its sign."""
    return abs(number) << 1 | (number < 0)
