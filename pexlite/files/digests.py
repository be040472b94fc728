"""The sha256 of files that are read several times: computed once in a process, then known by size and times.

No digest is kept between processes: a failing disk changes bytes but neither sizes nor times.
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
    """The sha256, in hex, of an open file, whose position is at its end afterwards."""
    before = _identity(os.fstat(file.fileno()))
    found = _KNOWN.get(before)
    if found is None:
        file.seek(0)
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if _identity(os.fstat(file.fileno())) == before:
            _KNOWN[before] = found
    return found


def has_sha256(path: Path, sha256: str) -> bool:
    """Whether the file at `path` has this sha256. Raises OSError where it cannot be read."""
    with path.open("rb", buffering=0) as file:
        return sha256_of(file) == sha256


def all_have_sha256(files: Iterable[tuple[Path, str]]) -> bool:
    """Whether every file has its sha256; an unreadable one has not. Several are read at once."""
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

    # Without concurrent.futures, whose import takes longer than hashing ten wheels.
    threads = [threading.Thread(target=work) for _ in range(min(os.cpu_count() or 1, len(waiting)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return not others


def remember(path: Path, sha256: str) -> None:
    """Remember `sha256`, which this process computed while it wrote `path`."""
    _KNOWN[_identity(path.stat())] = sha256


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
