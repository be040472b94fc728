"""The sha256 of files that are read several times: computed once in a process, known by size and times after that.

A disk that rots changes bytes and nothing else, so no earlier process's word counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import TypeAlias

Identity: TypeAlias = tuple[int, ...]
"""Device, inode, size, and the times of the last write and the last change, which nobody can set back."""

_KNOWN: dict[Identity, str] = {}


def sha256_of(file: FileIO) -> str:
    """The sha256, in hex, of an open file, which may have been read to its end by that."""
    before = _identity(os.fstat(file.fileno()))
    found = _KNOWN.get(before)
    if found is None:
        file.seek(0)
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if _identity(os.fstat(file.fileno())) == before:
            _KNOWN[before] = found
    return found


def has_sha256(path: Path, sha256: str) -> bool:
    """Whether the file at `path` has these bytes. Raises OSError where it cannot be read."""
    with path.open("rb", buffering=0) as file:
        return sha256_of(file) == sha256


def all_have_sha256(files: Iterable[tuple[Path, str]]) -> bool:
    """Whether every path has its sha256, as one that cannot be read has not; several are read at once."""
    waiting, others = list(files), []

    def work() -> None:
        with contextlib.suppress(IndexError):
            while True:
                path, sha256 = waiting.pop()
                try:
                    found = has_sha256(path, sha256)
                except OSError:
                    found = False
                if not found:
                    others.append(path)
                    return

    # Not by concurrent.futures, whose import takes longer than hashing ten wheels.
    threads = [threading.Thread(target=work) for _ in range(min(os.cpu_count() or 1, len(waiting)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return not others


def remember(path: Path, sha256: str) -> None:
    """Take `sha256`, computed while `path` was written by this process, for what it has."""
    _KNOWN[_identity(path.stat())] = sha256


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
