"""A read-only file whose bytes are somewhere else: what any such file has, but for the reading."""

from __future__ import annotations

import io


class Seekable(io.RawIOBase):
    """A read-only file of so many bytes, of which a subclass reads those at `_position`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position
