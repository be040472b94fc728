"""Requires-Dist lines that name a place on this machine: `name @ file:///directory`."""

from __future__ import annotations

import re
from collections.abc import Callable

_LINE = re.compile(
    rb"^(?P<before>Requires-Dist:[ \t]*(?P<name>[A-Za-z0-9][\w.-]*)[^@\r\n]*?)[ \t]*@[ \t]*"
    rb"(?P<url>file:[^\r\n]*?)(?=[ \t]+;|[ \t]*\r?$)",
    re.MULTILINE | re.IGNORECASE,
)
_END = re.compile(rb"\r?\n\r?\n")


def with_other_urls(metadata: bytes, change: Callable[[str, str], str]) -> bytes:
    """METADATA with the result of `change` for the name and the `file:` URL of a requirement in the URL's place.

        Requires-Dist: core @ file:///srv/my%20code/core ; extra == "all"

    Where the result is "", the requirement is left without a URL. The description is not looked at.
    """
    end = _END.search(metadata)
    header, rest = (metadata[: end.start()], metadata[end.start() :]) if end else (metadata, b"")

    def changed(found: re.Match[bytes]) -> bytes:
        url = change(found["name"].decode("ascii", "replace"), found["url"].decode("utf-8", "replace"))
        return found["before"] + (b" @ " + url.encode() if url else b"")

    return _LINE.sub(changed, header) + rest
