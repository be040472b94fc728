"""Questions about paths that may be no valid paths: too long, or in the home of an unknown user.

`Path.is_file` and its like raise for names that no file system accepts, and `Path.expanduser` for unknown users.
People type such words, and files contain them.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is at `path`."""
    return os.path.isfile(path)  # noqa: PTH113


def is_directory(path: Path) -> bool:
    """Whether a directory is at `path`."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path) -> bool:
    """Whether anything is at `path`."""
    return os.path.exists(path)  # noqa: PTH110


def expanded(path: Path | str) -> Path:
    """`path` with a leading `~` replaced by the home directory, where that user exists."""
    return Path(os.path.expanduser(path))  # noqa: PTH111
