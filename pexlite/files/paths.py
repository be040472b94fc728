"""Files and directories at paths, asked for by words that may be none: too long, or in the home of nobody.

`Path.is_file` and its like raise for a name that no file system takes, and `Path.expanduser` for an account that
is not there. People type such words, and files name them.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is a file."""
    return os.path.isfile(path)  # noqa: PTH113


def is_directory(path: Path) -> bool:
    """Whether there is a directory."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path) -> bool:
    """Whether there is anything."""
    return os.path.exists(path)  # noqa: PTH110


def expanded(path: Path | str) -> Path:
    """`path` with `~` in front as a home directory, where there is such an account."""
    return Path(os.path.expanduser(path))  # noqa: PTH111
