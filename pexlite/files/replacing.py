"""Files that take the place of others at once, when they are whole."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_SHOWN = 40  # characters of the final name that the temporary one has


@contextlib.contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A new file beside `path` that takes its place when all went well, and is gone when not. Raises OSError.

    Nobody can foretell its name, and it is opened only where nothing is: a link that somebody has put into the
    directory is not followed. `mode` counts less the umask.
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
