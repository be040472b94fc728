"""A new file out of old ones and a delta: `apply` runs this here, `pexlite push` on the other machine.

It imports only `patched` and `reblocked`, so that the texts of all can travel alone. A delta has two sections: the
script, which is compressed, with operations and new content; and bytes that are as they will be in the file. An
operation is numbers, seven bits a byte and the lowest first, then content:

    NEW size, content             content of the script
    RAW size                      bytes of the other section
    COPY source offset size       bytes of a source
    INFLATE source offset held size               a member of a zip in a source
    PATCH source offset held size, new size, how, controls, runs, changed, extras, then so many controls (sum,
                                  take, seek), runs and bytes: see `patched`; held is 0 where the old content is
                                  stored. `how` adds 1 where addresses in it move, and 2 where it is a gzip file
                                  whose content is meant: that one's size comes after the other numbers
    GZIP head, level, blocks, then the head's bytes, of each block bits, symbols and the head's bits (see
                                  `reblocked`), and one of the others, whose content is in the gzip file; without
                                  blocks, as zlib deflates it
    DEFLATE level size skip, then one of the others, which is deflated; `skip` bytes of the script describe it
    END
"""

import os
import struct
import zlib

from .patched import Misfit as Misfit  # also for who calls this
from .patched import patched
from .reblocked import reblocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    Source = Callable[[int, int], bytes]

END, NEW, RAW, COPY, INFLATE, PATCH, DEFLATE, GZIP = range(8)
MOVES, INSIDE = 1, 2
MAGIC = b"pexlite delta 3\n"
CODECS = ("xz", "bz2", "zlib")
LEVELS = (6, 9)
_PIECE = 1 << 20


class Script:
    """The script of a delta, decompressed as it is read. `read` gives up to so many bytes, b"" at the end."""

    def __init__(self, read: "Callable[[int], bytes]", codec: str) -> None:
        self._read = read
        self._decompressor = _decompressor(codec)
        self._ready = b""
        self._place = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises Misfit where there are fewer."""
        if len(self._ready) - self._place < size:
            parts = [self._ready[self._place :]]
            missing = size - len(parts[0])
            while missing > 0:
                parts.append(self._more())
                missing -= len(parts[-1])
            self._ready, self._place = b"".join(parts), 0
        self._place += size
        return self._ready[self._place - size : self._place]

    def number(self) -> int:
        """The next number."""
        result = shift = 0
        while True:
            byte = self.take(1)[0]
            result |= (byte & 127) << shift
            if byte < 128:
                return result
            shift += 7
            if shift > 56:
                raise Misfit("it is damaged: a number without end")

    def numbers(self, count: int) -> "list[int]":
        """The next `count` numbers."""
        return [self.number() for _ in range(count)]

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        while size > 0:
            size -= len(self.take(min(size, _PIECE)))

    def _more(self) -> bytes:
        while True:
            piece = self._read(1 << 16)
            if not piece:
                raise Misfit("it ends too early")
            try:
                content = self._decompressor.decompress(piece)
            except (EOFError, zlib.error, OSError, ValueError, _lzma_error()) as problem:
                raise Misfit("it is damaged: %s" % problem)
            if content:
                return bytes(content)


def pieces(
    script: Script, raw: "Callable[[int], bytes]", sources: "Sequence[Source]", start: int = 0
) -> "Iterator[bytes]":
    """The new file from `start` on, in pieces of about a megabyte. Raises Misfit.

    `start` is where an operation begins, or within a RAW; `raw` gives up to so many bytes of the other section,
    whose first byte is then the one for `start`.
    """
    position = 0
    while True:
        kind = script.number()
        if kind == END:
            return
        if kind == RAW:
            size = script.number()
            missing = min(size, max(0, position + size - start))
            while missing:
                piece = raw(min(missing, _PIECE))
                if not piece:
                    raise Misfit("it ends too early")
                missing -= len(piece)
                yield piece
        elif kind == DEFLATE:
            level, size, skip = script.numbers(3)
            if position + size <= start:
                script.skip(skip)
            else:
                made = 0
                for content in deflating(_content(script.number(), script, sources), level):
                    made += len(content)
                    yield content
                if made != size:
                    raise Misfit("zlib deflates otherwise here")
        else:
            size = 0
            for piece in _content(kind, script, sources, start - position):
                size += len(piece)
                if position + size > start:
                    yield piece
        position += size


def deflated(content: bytes, level: int) -> bytes:
    """`content` as a member of a zip."""
    return b"".join(deflating([content], level))


def deflating(contents: "Iterable[bytes]", level: int) -> "Iterator[bytes]":
    """The pieces of content as a member of a zip, piece by piece, none of them empty."""
    if level > 9:
        raise Misfit("it is damaged: level %d" % level)
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    for content in contents:
        for place in range(0, len(content), _PIECE):
            piece = compressor.compress(content[place : place + _PIECE])
            if piece:
                yield piece
    yield compressor.flush()


def inflated(content: bytes, size: int, form: int = -15) -> bytes:
    """The `size` bytes of a member of a zip, or, with zlib's `form` 31, of a gzip file. Raises Misfit."""
    inflate = zlib.decompressobj(form)
    try:
        result = inflate.decompress(content, size + 1)
    except zlib.error as problem:
        raise Misfit("an old file is damaged: %s" % problem)
    if len(result) != size:
        raise Misfit("an old file is damaged")
    return result


def gzipped(head: bytes, level: int, blocks: "Sequence[tuple[int, int, int]]", content: bytes) -> bytes:
    """A gzip file that begins with `head`. Raises Misfit."""
    held = deflated(content, level)
    end = struct.pack("<2L", zlib.crc32(content) & 0xFFFFFFFF, len(content) & 0xFFFFFFFF)
    return head + (reblocked(held, blocks) if blocks else held) + end


def fingerprint() -> "list[int]":
    """The CRC-32 of a fixed sample, deflated at each of LEVELS: machines that agree on it deflate alike."""
    sample = b"".join(
        [b"%d %x;" % (number * number % 7919, number * 2654435761 % 2**32) for number in range(3000)]
    )
    return [zlib.crc32(deflated(sample * 2, level)) & 0xFFFFFFFF for level in LEVELS]


def _read_at(descriptor: int, size: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)  # Windows
    return os.read(descriptor, size)


def source_of(descriptor: int) -> "Source":
    """The open file as a source. It raises Misfit where the file is shorter than it should be."""

    def read(offset: int, size: int) -> bytes:
        if offset + size > os.fstat(descriptor).st_size:
            raise Misfit("an old file is shorter than it was")
        content = _read_at(descriptor, size, offset)
        while len(content) < size:
            more = _read_at(descriptor, size - len(content), offset + len(content))
            if not more:
                raise Misfit("an old file is shorter than it was")
            content += more
        return content

    return read


def _content(kind: int, script: Script, sources: "Sequence[Source]", skipped: int = 0) -> "Iterator[bytes]":
    """The content that one operation makes; what is before `skipped` need not be right."""
    if kind == NEW:
        size = script.number()
        while size:
            yield script.take(min(size, _PIECE))
            size -= min(size, _PIECE)
    elif kind == COPY:
        source, offset, size = script.numbers(3)
        while size:
            amount = min(size, _PIECE)
            skipped -= amount
            yield bytes(amount) if skipped >= 0 else _source(sources, source)(offset, amount)
            offset, size = offset + amount, size - amount
    elif kind == INFLATE:
        source, offset, held, size = script.numbers(4)
        yield bytes(size) if skipped >= size else inflated(_source(sources, source)(offset, held), size)
    elif kind == PATCH:
        yield from _patched(script, sources, skipped)
    elif kind == GZIP:
        head, level, count = script.numbers(3)
        found = script.take(head)
        blocks = [_block(script) for _ in range(count)]
        kind = script.number()
        if kind == GZIP:
            raise Misfit("it is damaged: gzip in gzip")
        yield gzipped(found, level, blocks, b"".join(_content(kind, script, sources)))
    else:
        raise Misfit("it is damaged: operation %d" % kind)


def _source(sources: "Sequence[Source]", number: int) -> "Source":
    if number >= len(sources):
        raise Misfit("it is damaged: source %d" % number)
    return sources[number]


def _patched(script: Script, sources: "Sequence[Source]", skipped: int) -> "Iterator[bytes]":
    source, offset, held, size, new_size, how, count, runs, changed, extra = script.numbers(10)
    inside = script.number() if how & INSIDE else 0
    controls = [(script.number(), script.number(), _signed(script.number())) for _ in range(count)]
    found = (controls, script.numbers(runs), script.take(changed), script.take(extra))
    if skipped >= new_size:
        yield bytes(new_size)
        return
    old = _source(sources, source)(offset, held or size)
    if held:
        old = inflated(old, size)
    if how & INSIDE:
        old = inflated(old, inside, 31)
    yield from patched(old, *found, moves=bool(how & MOVES))


def _block(script: Script) -> "tuple[int, int, int]":
    bits, symbols = script.numbers(2)
    return int.from_bytes(script.take((bits + 7) // 8), "little"), bits, symbols


def _signed(number: int) -> int:
    return number >> 1 if number & 1 == 0 else -(number >> 1)


def _decompressor(codec: str) -> "Any":
    try:
        if codec == "xz":
            import lzma

            return lzma.LZMADecompressor()
        if codec == "bz2":
            import bz2

            return bz2.BZ2Decompressor()
    except ImportError:
        raise Misfit("this Python has no %s" % {"xz": "lzma"}.get(codec, codec))
    return zlib.decompressobj()


def _lzma_error() -> "type[Exception]":
    try:
        from lzma import LZMAError

        return LZMAError
    except ImportError:
        return Misfit
