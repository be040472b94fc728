"""Wheels as frames of zstandard (`--zstd`): packed for a file, and read there as if they lay in it unpacked.

What is packed is the wheel with uncompressed members: its small files share a frame, so what is alike in them is
told once. A frame is small enough to be read for one file's sake (`runtime/file/frames.py` does that).
"""

from __future__ import annotations

import io
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, BinaryIO

from pexlite.archive.seekable import Seekable
from pexlite.errors import UsageError
from pexlite.model.file import Frame

MOST = 8 << 20
"""Bytes that one frame may hold; readers refuse more, since a frame lies in memory as a whole."""
_WINDOW = 23  # the binary logarithm of that
_FRAME = 1 << 20  # bytes that a build puts into a frame
_LEVEL = 19  # the highest one that needs no more memory than others where it is unpacked
# A wheel that unpacks to more than both is not packed: its size in the file is what readers bound their work by.
_UNREMARKABLE, _MOST_TIMES = 200_000_000, 60


def zstandard(purpose: str) -> Any:
    """The module that packs and unpacks: the standard library's, else backports.zstd, which is alike.

    Raises UsageError where neither is here; `purpose` is what needs it, in words.
    """
    try:
        from compression import zstd  # type: ignore[import-not-found]  # Python 3.14 and newer

        return zstd
    except ImportError:
        pass
    try:
        import backports.zstd
    except ImportError:
        raise UsageError(
            f"{purpose} needs zstandard, which Python has from 3.14 on, and which is not installed here",
            hint="pip install 'pexlite[zstd]'",
        ) from None
    return backports.zstd


def is_outsized(size: int, frames: Sequence[Frame]) -> bool:
    """Whether `frames` of `size` bytes unpack to so much more that no build would pack such a wheel."""
    unpacked = sum(content for _, content in frames)
    return unpacked > _UNREMARKABLE and unpacked > _MOST_TIMES * size


# -- at build ------------------------------------------------------------------------------------


def version() -> str:
    """The way in which `packed` packs here: with another one the same wheel may come to other bytes."""
    return f"zstd {zstandard('--zstd').zstd_version} {_LEVEL} {_FRAME}"


def contents(wheel: Path) -> Iterator[bytes]:
    """The content of each frame of the uncompressed `wheel`, in order."""
    with zipfile.ZipFile(wheel) as opened:
        parts = [*sorted(member.header_offset for member in opened.infolist()), opened.start_dir]
    with wheel.open("rb") as file:
        for begin, end in pairwise(_cuts([*parts, file.seek(0, io.SEEK_END)])):
            file.seek(begin)
            yield file.read(end - begin)


def packed(content: bytes) -> bytes:
    """A frame with this `content`."""
    found: bytes = zstandard("--zstd").compress(content, _LEVEL)
    return found


def _cuts(parts: Sequence[int]) -> list[int]:
    """Where frames begin and end, of `parts` that do so at these places: members, and the directory as the last.

    Small members share a frame, a large one has several to itself, and so has the directory, which is read first.
    """
    cuts = [0]
    for begin, end in pairwise(parts):
        if end - cuts[-1] > _FRAME or end == parts[-1]:
            cuts.append(begin)
        if end - begin > _FRAME or end == parts[-1]:
            cuts += [*range(begin + _FRAME, end, _FRAME), end]
    return sorted(set(cuts))


# -- of a built file -----------------------------------------------------------------------------


class Unpacked(Seekable):
    """A wheel that lies in an open file in frames, as a read-only file of its own.

    Reading raises zipfile.BadZipFile where a frame has changed.
    """

    def __init__(self, file: BinaryIO, offset: int, frames: Sequence[Frame]) -> None:
        self._module = zstandard("a file whose wheels are packed (--zstd)")
        self._file = file
        self._held = [*accumulate((held for held, _ in frames), initial=offset)]
        self._begins = [*accumulate((content for _, content in frames), initial=0)]
        super().__init__(self._begins[-1])
        self._last = (-1, b"")

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number = bisect_right(self._begins, self._position) - 1
        if number >= len(self._begins) - 1:
            return 0
        if self._last[0] != number:
            self._last = (number, self._content(number))
        start = self._position - self._begins[number]
        piece = self._last[1][start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _content(self, number: int) -> bytes:
        begin, end = self._held[number : number + 2]
        size = self._begins[number + 1] - self._begins[number]
        self._file.seek(begin)
        parameter = self._module.DecompressionParameter.window_log_max
        unpacker = self._module.ZstdDecompressor(options={parameter: _WINDOW})
        try:
            # One byte more than expected exposes a longer frame without unpacking all of it.
            content: bytes = unpacker.decompress(self._file.read(end - begin), size + 1)
        except self._module.ZstdError as problem:
            raise zipfile.BadZipFile("it has changed where it is packed") from problem
        if len(content) != size or not unpacker.eof or unpacker.unused_data:
            raise zipfile.BadZipFile("it has changed where it is packed")
        return content
