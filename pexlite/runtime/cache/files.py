"""Files and directories of the cache: written and replaced whole, removed without leaving the cache."""

import errno
import os
import stat
import time
import zlib

from .. import system
from ..start import LAYOUT

# Errors of a path that is no directory, or where this process may not write.
UNWRITABLE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOENT,
    errno.ELOOP,
    errno.ENAMETOOLONG,
)


def make_directories(path: "str | bytes") -> None:
    """Make the directory `path` and its missing parents, writable by this user alone whatever the umask."""
    path = system.at(path)
    try:
        os.mkdir(path, 0o755)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    except FileNotFoundError:
        parent = os.path.dirname(path)
        if parent == path:
            raise
        make_directories(parent)
        # Not by calling itself: where nothing can be made, as in /proc, the same error comes again.
        try:
            os.mkdir(path, 0o755)
        except FileExistsError:
            pass
    except OSError:
        if not os.path.isdir(path):  # a read-only "/" fails with EROFS, although it exists
            raise


def make_tree(top: bytes, paths: "set[bytes]") -> None:
    """Make the directory `top` and `paths` below it, writable by this user alone."""
    wanted = set([top])
    for path in paths:
        while path not in wanted:
            wanted.add(path)
            path = path.rpartition(b"/")[0]
    for path in sorted(wanted):
        try:
            os.mkdir(system.at(path), 0o755)
        except FileExistsError:
            if not os.path.isdir(path):
                raise


def beside(place: str) -> str:
    """A temporary name near `place` that no other process uses, on this host or another with the same disk.

    For a path inside the directory of an app, a wheel or a Python it lies next to that, where the pruner finds it.
    """
    place = place.replace(os.sep, "/")
    for folder in ("apps", "wheels", "interpreters"):
        head, found, inside = place.rpartition("/%s/%s/" % (LAYOUT, folder))
        if found:
            place = head + found + inside.partition("/")[0]
    return "%s/.%s-%d-%d-%s" % (*os.path.split(place), os.getpid(), time.time() * 1e6, _host())


def is_of_this_host(temporary: str) -> bool:
    """Whether `beside` made this name on this host."""
    return temporary.endswith("-" + _host())


def _host() -> str:
    return "%08x" % (zlib.crc32(os.fsencode(system.host())) & 0xFFFFFFFF)


def write(path: "str | bytes", content: bytes, mode: int = 0o644) -> None:
    """Write a new file. Raises FileExistsError where the path exists."""
    handle = system.open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        while content:
            content = content[os.write(handle, content) :]
    finally:
        os.close(handle)


def replace(path: str, content: bytes, mode: int = 0o644) -> None:
    """Write a file with this content at `path`, replacing atomically."""
    temporary = beside(path)
    try:
        write(temporary, content, mode)
        system.rename(temporary, path)
    except BaseException:
        remove(temporary)
        raise


def read(path: "str | bytes") -> "bytes | None":
    """The content of a file; None where it cannot be read."""
    try:
        return content(path)
    except OSError:
        return None


def content(path: "str | bytes") -> bytes:
    """The content of a file. Raises OSError."""
    handle = system.open_file(path, os.O_RDONLY | system.NONBLOCK)
    try:
        pieces = [os.read(handle, 1 << 20)]
        while pieces[-1]:
            pieces.append(os.read(handle, 1 << 20))
        return b"".join(pieces)
    finally:
        os.close(handle)


def size_of(path: "str | bytes") -> int:
    """The size in bytes of the file at `path`, links followed; -1 where there is none."""
    try:
        return os.stat(system.at(path)).st_size
    except OSError:
        return -1


def remove(path: str) -> None:
    """Remove what this process made or put aside at `path`, as far as it can.

    Works by directory descriptors, follows no link and stays on one device.
    """
    if system.IS_WINDOWS:
        from ..windows.files import remove as remove_tree

        return remove_tree(path)
    folder, name = os.path.split(path)
    try:
        parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        _remove(parent, name, os.fstat(parent).st_dev)
    finally:
        os.close(parent)


def _remove(parent: int, name: str, device: int) -> None:
    try:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(name, dir_fd=parent)
            return
        if found.st_dev != device:
            return
        directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            for child in os.listdir(directory):
                _remove(directory, child, device)
        finally:
            os.close(directory)
        os.rmdir(name, dir_fd=parent)
    except OSError:
        pass
