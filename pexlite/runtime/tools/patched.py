"""Old content made new by a difference: bytes that are summed, bytes that are new, and addresses that have moved.

Where code grows by an instruction, each reference across that place differs, in thousands of bytes. The parts of a
difference tell how far every place has gone; so, where a difference says `moves`, the old content is taken with
its references changed to where their targets have gone, and little is left to be summed. What is taken for a
reference need not be one, for both sides take the same:

    e8 <4 bytes>              and other opcodes of x86-64 before an address relative to the instruction's end
    <8 bytes>                 at a multiple of eight, a number that is a place in the content: symbols, relocations
"""

import re
import struct
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Part = tuple[int, int, int, int]

_PIECE = 1 << 20
_WORDS = 1 << 16
_LONG = 1024  # bytes of a part that tells where a place has gone: short ones are often alike by chance
_LOWEST = 1 << 16  # smaller numbers are seldom places
# call, jmp, j<condition>; and the bytes after an opcode that say "relative to this instruction"
_REFERENCE = re.compile(b"[\xe8\xe9\x05\x0d\x15\x1d\x25\x2d\x35\x3d]|\x0f[\x80-\x8f]")
_RELATIVE = struct.Struct("<i")
_PLACE = struct.Struct("<Q")


class Misfit(Exception):
    """A delta that is damaged, or whose sources are not those that it was made for."""


class _Gone:
    """How far each place of the old content has gone."""

    def __init__(self, parts: "Sequence[Part]") -> None:
        long = sorted([(start, new - start) for start, size, new, _ in parts if size >= _LONG])
        self._starts = [start for start, _ in long]
        self._by = [0] + [by for _, by in long]

    def by(self, place: int) -> int:
        """The number of bytes by which the old `place` has gone on."""
        return self._by[bisect_right(self._starts, place)]


def patched(
    old: bytes,
    controls: "Sequence[tuple[int, int, int]]",
    runs: "Sequence[int]",
    changed: bytes,
    extras: bytes,
    moves: bool,
) -> "Iterator[bytes]":
    """The new content, in pieces. Raises Misfit.

    `controls` are bsdiff's: bytes to sum, bytes of `extras`, bytes to go on by in the old content. Of what is
    summed `runs` are in turns bytes that stay as they are, and bytes of `changed`.
    """
    sums = _Sums(runs, changed)
    at = 0
    for taking, content in expected(old, controls, moves):
        if taking:
            yield extras[at : at + taking]
            at += taking
        else:
            yield _added(content, sums.take(len(content)))


def expected(old: bytes, controls: "Sequence[tuple[int, int, int]]", moves: bool) -> "Iterator[tuple[int, bytes]]":
    """Pieces of (0, old content to be summed), in turns with (so many bytes that are new, b""). Raises Misfit."""
    parts = _parts(controls, len(old))
    gone = _Gone(parts) if moves else None
    for start, size, new, taking in parts:
        for place in range(0, size, _PIECE):
            end = start + min(size, place + _PIECE)
            content = old[start + place : end]
            yield 0, _moved(old, start + place, end, new - start, gone) if gone else content
        if taking:
            yield taking, b""


def _parts(controls: "Sequence[tuple[int, int, int]]", limit: int) -> "list[Part]":
    """For each control where in the old content it begins, its size, its place in the new, and what is new."""
    found = []
    at = new = 0
    for adding, taking, seek in controls:
        if at < 0 or at + adding > limit:
            raise Misfit("it is damaged: it looks outside of an old file")
        found.append((at, adding, new, taking))
        at += adding + seek
        new += adding + taking
    return found


def _moved(old: bytes, start: int, end: int, own: int, gone: _Gone) -> bytes:
    """The old content from `start` to `end`, which has gone on by `own`, with its references changed."""
    content = bytearray(old[start:end])
    limit = len(old)
    for match in _REFERENCE.finditer(old, start, max(start, end - 4)):
        place = match.end()
        value = _RELATIVE.unpack_from(old, place)[0]
        target = place + 4 + value
        if 0 <= target < limit:
            change = gone.by(target) - own
            if change and -(1 << 31) <= value + change < 1 << 31:
                _RELATIVE.pack_into(content, place - start, value + change)
    for first in range(start + -start % 8, end - 7, _WORDS):
        words = struct.unpack_from("<%dQ" % (min(_WORDS, end - first) // 8), old, first)
        for index, word in enumerate(words):
            if _LOWEST <= word < limit:
                change = gone.by(word)
                if change and word + change >= 0:
                    _PLACE.pack_into(content, first + 8 * index - start, word + change)
    return bytes(content)


class _Sums:
    """The bytes that are added to old content, most of which are 0."""

    def __init__(self, runs: "Sequence[int]", changed: bytes) -> None:
        self._runs = iter(runs)
        self._changed = changed
        self._at = self._same = self._differing = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises Misfit where there are fewer."""
        parts = []
        while size > 0:
            if self._same:
                amount = min(size, self._same)
                parts.append(bytes(amount))
                self._same -= amount
            else:
                amount = min(size, self._differing)
                parts.append(self._changed[self._at : self._at + amount])
                self._at += amount
                self._differing -= amount
            size -= amount
            if not self._same and not self._differing and size:
                self._same, self._differing = next(self._runs, 0), next(self._runs, 0)
                if not self._same and not self._differing:
                    raise Misfit("it is damaged: a difference ends too early")
        return b"".join(parts)


def _added(old: bytes, difference: bytes) -> bytes:
    """The sum of each byte of one and of the other, without carry: seven bits of all at once, then the eighth."""
    size = len(difference)
    if len(old) != size:
        raise Misfit("it is damaged: an old file is shorter")
    if difference.count(0) == size:
        return old
    one, other = int.from_bytes(old, "little"), int.from_bytes(difference, "little")
    low, high = int.from_bytes(b"\x7f" * size, "little"), int.from_bytes(b"\x80" * size, "little")
    return (((one & low) + (other & low)) ^ ((one ^ other) & high)).to_bytes(size, "little")
