"""Files on a host that arrive in parts: their digests, and how they come to last. This module travels."""

import hashlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PIECE = 1 << 20


def sha256_if_of_size(path: bytes, size: int) -> "str | None":
    """The sha256 of the file if it has this size."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == size:
                return str(digest_of(file.fileno(), size).hexdigest())
    except OSError:
        pass
    return None


def beginning(path: bytes) -> "list[Any]":
    """The size and sha256 of a file that has arrived in part; none where there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return [0, ""]
    try:
        size = os.fstat(descriptor).st_size
        return [size, digest_of(descriptor, size).hexdigest()]
    finally:
        os.close(descriptor)


def digest_of(descriptor: int, size: int) -> "Any":
    """The sha256 of the first `size` bytes, to be gone on with."""
    digest = hashlib.sha256()
    for place in range(0, size, _PIECE):
        digest.update(os.pread(descriptor, min(_PIECE, size - place), place))
    return digest


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
