"""A file that is to be at several paths of a host: made once, and copied there. This module travels."""

import errno
import os

_CLONE = 0x40049409  # FICLONE of Linux: both files share their bytes on disk until one is written to
_PIECE = 1 << 20


def copy(source: int, target: int, size: int) -> None:
    """Have the open file `target` be as `source`, which has `size` bytes, was when this began. Raises OSError."""
    before = _as_it_is(source)
    os.ftruncate(target, 0)
    if not _cloned(source, target):
        place = _copied_by_the_kernel(source, target, size)
        os.lseek(target, place, os.SEEK_SET)
        while place < size:
            piece = os.pread(source, min(_PIECE, size - place), place)
            if not piece:
                break
            place += len(piece)
            while piece:
                piece = piece[os.write(target, piece) :]
    if os.fstat(target).st_size != size or before[0] != size or _as_it_is(source) != before:
        raise OSError(errno.EIO, "the file was written to while it was copied")


def _cloned(source: int, target: int) -> bool:
    try:
        import fcntl

        fcntl.ioctl(target, _CLONE, source)
        return True
    except (ImportError, OSError):
        return False


def _copied_by_the_kernel(source: int, target: int, size: int) -> int:
    """The bytes that were copied without passing through here: none before Python 3.8, and on other systems."""
    place = 0
    try:
        while place < size:
            amount = os.copy_file_range(source, target, size - place, place, place)
            if not amount:
                break
            place += amount
    except AttributeError:
        pass
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
    return place


def _as_it_is(descriptor: int) -> "tuple[int, int]":
    found = os.fstat(descriptor)
    return found.st_size, found.st_mtime_ns
