"""A wheel that lies in the file as frames of zstandard, read as if it lay there unpacked.

Each frame holds some of the wheel's bytes, a megabyte or so: several small members, or a part of a large one. Who
reads members in their order unpacks each frame once.
"""

from _thread import get_ident
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Reader = Callable[[int, int], bytes]  # of the file: offset and how many bytes

_MOST = 8 << 20  # bytes that a frame may hold: no build makes larger ones, and they lie in memory as a whole
_WINDOW = 23  # the binary logarithm of that: how far back a frame may refer
# By thread, what it has unpacked last: one frame in memory, however many wheels there are.
_LAST: "dict[int, tuple[Frames, int, bytes]]" = {}


class Frames:
    """The frames of one wheel."""

    def __init__(self, place: "dict[str, Any]", name: str) -> None:
        """`place` is the wheel's entry in the manifest; its "zstd" has for each frame the bytes held and unpacked.

        Raises ImportError without a zstandard, ValueError where the frames are not those of a build.
        """
        from compression import zstd  # type: ignore[import-not-found]

        self.name = name
        self._zstd = zstd
        self._held = [place["offset"]]  # where each frame begins in the file, and the last one ends
        self._begins = [0]  # where its content begins in the wheel
        for held, size in place["zstd"]:
            if not 0 < size <= _MOST or not 0 < held <= 2 * _MOST:
                raise ValueError(size)
            self._held.append(self._held[-1] + held)
            self._begins.append(self._begins[-1] + size)
        if self._held[-1] != place["offset"] + place["size"]:
            raise ValueError(self._held[-1])

    @property
    def size(self) -> int:
        """Bytes of the wheel."""
        return self._begins[-1]

    def number_at(self, offset: int) -> int:
        """The number of the frame that holds the byte at `offset` of the wheel."""
        return bisect_right(self._begins, offset) - 1

    def read(self, reader: "Reader", offset: int, size: int) -> bytes:
        """The `size` bytes of the wheel at `offset`. Raises ValueError where it has changed."""
        if offset + size > self.size:
            raise ValueError(offset)
        found = []
        while size:
            number = self.number_at(offset)
            start = offset - self._begins[number]
            piece = self._content(reader, number)[start : start + size]
            found.append(piece)
            offset += len(piece)
            size -= len(piece)
        return found[0] if len(found) == 1 else b"".join(found)

    def _content(self, reader: "Reader", number: int) -> bytes:
        known = _LAST.get(get_ident())
        if known and known[0] is self and known[1] == number:
            return known[2]
        begin, end = self._held[number : number + 2]
        content = self._unpacked(reader(begin, end - begin), self._begins[number + 1] - self._begins[number])
        _LAST[get_ident()] = (self, number, content)
        return content

    def _unpacked(self, held: bytes, size: int) -> bytes:
        unpacker = self._zstd.ZstdDecompressor(options={self._zstd.DecompressionParameter.window_log_max: _WINDOW})
        try:
            # One byte more than expected exposes a longer frame without unpacking all of it.
            content: bytes = unpacker.decompress(held, size + 1)
        except self._zstd.ZstdError:
            raise ValueError(size)
        if len(content) != size or not unpacker.eof or unpacker.unused_data:
            raise ValueError(size)
        return content
