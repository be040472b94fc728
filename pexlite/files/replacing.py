"""Files that replace others atomically."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_SHOWN = 40  # characters of the final name that appear in the temporary one


@contextlib.contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A new file beside `path`: it replaces `path` at the end, or is removed after an exception. Raises OSError.

    Its name cannot be guessed, and it is created exclusively, so no link planted in the directory is followed. The
    umask is subtracted from `mode`.
    """
    temporary = path.with_name(f".{path.name[:_SHOWN]}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
