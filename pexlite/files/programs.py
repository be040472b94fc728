"""The programs on PATH, never those of the current directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pexlite.files.paths import is_file


def search_path() -> list[str]:
    """The absolute directories of PATH, without duplicates.

    An empty entry is the current directory (POSIX), as is "."; "bin" is relative to it. Any of them may be a
    stranger's checkout.
    """
    given = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return list(dict.fromkeys(entry for entry in given if Path(entry).is_absolute()))


def programs(name: str) -> Iterator[Path]:
    """Every program called `name`, a word without a slash, in the order of PATH."""
    suffix = ".exe" if os.name == "nt" else ""
    for directory in search_path():
        candidate = Path(directory, name + suffix)
        if is_file(candidate) and os.access(candidate, os.X_OK):
            yield candidate


def find_program(name: str) -> Path | None:
    """The first program called `name` on PATH; None where there is none."""
    return next(programs(name), None)
