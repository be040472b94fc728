"""The wheels and Pythons inside a built file, as files."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import BinaryIO

from pexlite.archive.frames import Unpacked
from pexlite.archive.seekable import Seekable
from pexlite.model import StoredPython, StoredWheel

_CHUNK = 1 << 20


class Part(Seekable):
    """A part of an open file, and the bytes of `tail` behind it, as a read-only file of its own."""

    def __init__(self, file: BinaryIO, offset: int, size: int, tail: bytes = b"") -> None:
        super().__init__(size + len(tail))
        self._file = file
        self._offset = offset
        self._tail = tail

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        behind = self._position - (self._size - len(self._tail))
        if behind < 0:
            self._file.seek(self._offset + self._position)
            content = self._file.read(min(len(buffer), -behind))
        else:
            content = self._tail[behind : behind + len(buffer)]
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)


def open_wheel(file: BinaryIO, wheel: StoredWheel) -> BinaryIO:
    """The wheel in the open `file`, as a file; `file` must stay open, and nobody else may read it meanwhile.

    Raises UsageError where it lies there in frames that nothing here can unpack.
    """
    if wheel.frames:
        return io.BufferedReader(Unpacked(file, wheel.offset, wheel.frames), _CHUNK)
    return io.BufferedReader(Part(file, wheel.offset, wheel.size), _CHUNK)


def chunks(file: BinaryIO, part: StoredWheel | StoredPython) -> Iterator[bytes]:
    """The bytes of a wheel or Python as they are in the file, piece by piece; fewer where that is truncated."""
    opened = Part(file, part.offset, part.size)
    while chunk := opened.read(_CHUNK):
        yield chunk


def sha256(file: BinaryIO, part: StoredWheel | StoredPython) -> str:
    """The current sha256 of a wheel or Python, in hex."""
    digest = hashlib.sha256()
    for chunk in chunks(file, part):
        digest.update(chunk)
    return digest.hexdigest()
