"""URLs that people typed, or wrote into a lock or a page: some are invalid, some name a file of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from pexlite.errors import PexliteError, UsageError


def parts_of(url: str, error: type[PexliteError] = UsageError) -> SplitResult:
    """The parts of `url`, whose port is a number. Raises `error` for https://[host or http://host:x."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # parsed only when it is read
    except ValueError:
        # Without urllib's message: the "port" that it quotes may be a password with a slash in it.
        raise error(f"{url!r} is no address", causes=["its host or port cannot be read"]) from None
    return parts


def joined(page: str, url: str, error: type[PexliteError] = UsageError) -> str:
    """The address of `url` relative to `page`. Raises `error` where it is none."""
    parts_of(url, error)
    return urljoin(page, url)


def local_path(location: str) -> Path | None:
    """The path on this machine in `location`, a plain path or a `file:` URL; None for other URLs."""
    if location.startswith("file:"):
        path = parts_of(location).path
        if os.name != "nt":
            return Path(unquote(path))
        # Imported here: it takes 30 ms, and only Windows needs it.
        from urllib.request import url2pathname

        return Path(url2pathname(path))
    return None if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", location) else Path(location)
