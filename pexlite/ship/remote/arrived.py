"""Files on a host that arrive in parts: their digests, and how they come to last. This module travels."""

import errno
import hashlib
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pexlite.ship.remote import noted

_PIECE = 1 << 20
_OF_OTHERS = (errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENXIO, errno.EISDIR)


class NotOurs(Exception):
    """Something of a name that a push uses, which this account did not put there."""


def own(path: bytes, create: bool = False) -> int:
    """A descriptor of a file that this account made. Raises NotOurs, and OSError.

    In a directory that others may write into, whoever owned such a file, or had another name for it, could change
    what is put in its place after it was checked.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as problem:
        if problem.errno in _OF_OTHERS and os.path.lexists(path):
            raise NotOurs()
        raise
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink <= 1:
        return descriptor
    os.close(descriptor)
    raise NotOurs()


def beginning(path: bytes) -> "list[Any]":
    """The size and sha256 of a file that has arrived in part; none where there is no such file."""
    try:
        descriptor = own(path)
    except (OSError, NotOurs):
        return [0, ""]
    try:
        size = os.fstat(descriptor).st_size
        return [size, noted.sha256_of(descriptor, size)]
    finally:
        os.close(descriptor)


class Digests:
    """The digests of a file that arrives, and of each wheel in it: sha256, offset and size."""

    def __init__(self, wheels: "list[list[Any]]") -> None:
        self._whole = hashlib.sha256()
        self._place = 0
        self._waiting = sorted(wheels, key=lambda wheel: wheel[1])
        self._wheel = hashlib.sha256()
        self.wrong = []  # type: list[str]

    def update(self, piece: bytes) -> None:
        """Take the next bytes of the file."""
        self._whole.update(piece)
        end = self._place + len(piece)
        while self._waiting and self._waiting[0][1] < end:
            sha256, offset, size = self._waiting[0]
            first, last = max(offset, self._place), min(offset + size, end)
            self._wheel.update(memoryview(piece)[first - self._place : last - self._place])
            if last < offset + size:
                break
            if self._wheel.hexdigest() != sha256:
                self.wrong.append(sha256)
            self._wheel = hashlib.sha256()
            del self._waiting[0]
        self._place = end

    def read(self, descriptor: int, size: int) -> None:
        """Take the first `size` bytes of a file that has arrived in part."""
        for place in range(0, size, _PIECE):
            self.update(os.pread(descriptor, min(_PIECE, size - place), place))

    def whole(self) -> str:
        """The sha256 of the file."""
        return str(self._whole.hexdigest())


def write(descriptor: int, content: bytes) -> None:
    """Write all of `content`."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync(directory: bytes) -> None:
    """Have a rename last."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # not every file system can
    finally:
        os.close(descriptor)


def unlink(path: bytes) -> None:
    """Remove a file, if it is there and may be removed."""
    try:
        os.unlink(path)
    except OSError:
        pass
