"""URLs that somebody has typed, or written into a lock or a page: some are none."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

from pexlite.errors import PexliteError, UsageError


def parts_of(url: str, error: type[PexliteError] = UsageError) -> SplitResult:
    """The parts of `url`, of which the port is a number. Raises `error` for https://[host or http://host:x."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read when it is asked for
    except ValueError:
        # Not with its own words: what it takes for the port may be a password with a slash in it.
        raise error(f"{url!r} is no address", causes=["its host or port cannot be read"]) from None
    return parts


def joined(page: str, url: str, error: type[PexliteError] = UsageError) -> str:
    """The address that `url` has on `page`. Raises `error` where it is none."""
    parts_of(url, error)
    return urljoin(page, url)
