"""Files on Windows: opened as bytes, read at an offset, renamed with patience, under paths of any length."""

import os
import stat
import time
from _thread import allocate_lock

_LONG = 240  # characters; a directory's path may have 247, a file's 259
_ANY_LENGTH = "\\\\?\\"
_PATIENCE = 2.0  # seconds for a scanner that has opened what was just written
_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
_REPARSE_POINT = 0x400

_one_reader = allocate_lock()


def at(path: "str | bytes") -> "str | bytes":
    """The absolute `path` in the form in which the system takes any, however long."""
    if len(path) < _LONG:
        return path
    text = os.fsdecode(path)
    if not text.startswith(_ANY_LENGTH):
        text = os.path.normpath(text)
        text = _ANY_LENGTH + ("UNC\\" + text[2:] if text[:2] == "\\\\" else text)
    return os.fsencode(text) if isinstance(path, bytes) else text


def open_file(path: "str | bytes", flags: int, mode: int = 0o777) -> int:
    """A descriptor of the file at `path`, as os.open has it, for bytes."""
    return os.open(at(path), flags | _FLAGS, mode)


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """At most `size` bytes at `offset`, as os.pread reads them; threads take turns."""
    with _one_reader:
        os.lseek(descriptor, offset, os.SEEK_SET)
        pieces = []
        while size > 0:
            piece = os.read(descriptor, min(size, 1 << 24))
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def rename(old: "str | bytes", new: "str | bytes") -> None:
    """Rename `old` to `new`, over a file but not over a directory, as os.rename does elsewhere."""
    old, new = at(old), at(new)
    move = os.rename if os.path.isdir(old) else os.replace
    end = time.time() + _PATIENCE
    while True:
        try:
            return move(old, new)
        except PermissionError:
            # Somebody reads the file, or one in the directory: for a moment, or as long as an app runs.
            if time.time() >= end:
                raise
            time.sleep(0.02)


def is_link(found: os.stat_result) -> bool:
    """Whether the `found` entry (os.lstat) leads elsewhere: a symbolic link or a junction."""
    return stat.S_ISLNK(found.st_mode) or bool(getattr(found, "st_file_attributes", 0) & _REPARSE_POINT)


def remove(path: str) -> None:
    """Remove what is at `path`, as far as that can be done; no link is followed."""
    path = os.fsdecode(at(path))
    try:
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            if not found.st_mode & stat.S_IWRITE:
                os.chmod(path, stat.S_IWRITE)
            os.unlink(path)
        elif is_link(found):
            os.rmdir(path)  # takes a junction, not what it leads to
        else:
            for name in os.listdir(path):
                remove(os.path.join(path, name))
            os.rmdir(path)
    except OSError:
        pass
