"""The sha256 of a file, noted with it: what is there already need not be read again. This module travels."""

import os

_ATTRIBUTE = b"user.pexlite.sha256"
_PIECE = 1 << 20


def has_sha256(path: bytes, size: int, sha256: str) -> bool:
    """Whether the file at `path` has this size and sha256: as it is remembered, else as it is read."""
    try:
        with open(path, "rb") as file:
            descriptor = file.fileno()
            if os.fstat(descriptor).st_size != size:
                return False
            return remembered(descriptor) == sha256 or sha256_of(descriptor, size) == sha256
    except OSError:
        return False


def remember(descriptor: int, sha256: str) -> None:
    """Note the sha256 with the file, for the next push; it counts for as long as nobody writes to the file."""
    try:
        os.setxattr(descriptor, _ATTRIBUTE, as_it_is(descriptor) + sha256.encode())
    except (AttributeError, OSError):
        pass  # not every system and file system keeps such notes


def remembered(descriptor: int) -> "str | None":
    """The sha256 that was noted with the file, if it is as it was then."""
    try:
        noted = os.getxattr(descriptor, _ATTRIBUTE)
    except (AttributeError, OSError):
        return None
    state = as_it_is(descriptor)
    return noted[len(state) :].decode("ascii", "replace") if noted.startswith(state) else None


def sha256_of(descriptor: int, size: int) -> str:
    """The sha256 of the first `size` bytes."""
    import hashlib  # takes as long as the rest of an answer

    digest = hashlib.sha256()
    for place in range(0, size, _PIECE):
        digest.update(os.pread(descriptor, min(_PIECE, size - place), place))
    return str(digest.hexdigest())


def as_it_is(descriptor: int) -> bytes:
    """Which file it is, and when it was last written."""
    found = os.fstat(descriptor)
    return b"%d %d %d %d " % (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
