"""The fields of a METADATA that people look at: licence, author, requirements; whatever stands there.

Unlike `wheels.metadata`, which refuses what a start could stumble over, this takes any text: a file that is looked
at may have been made by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from pexlite.contents.values import NO_LICENCE, Licence

_HEAD = 1 << 20  # bytes of METADATA before its description; the longest of 1,300 wheels of the index has 60,000
_LONGEST, _MOST = 300, 5000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_PIECE = r"(?:[a-z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-f]{2}){,500}"  # of a path, a query or a fragment (RFC 3986)
_ADDRESS = re.compile(
    rf"https?://[a-z0-9](?:[a-z0-9.-]{{,200}}[a-z0-9])?(?::[0-9]{{1,5}})?(?:[/?]{_PIECE})?(?:#{_PIECE})?",
    re.IGNORECASE,
)
_LICENSE = "License :: "


@dataclass(frozen=True)
class Said:
    """The fields of a METADATA that people look at; each is empty where it has none."""

    requires: tuple[str, ...] = ()
    requires_python: str = ""
    summary: str = ""
    author: str = ""
    licence: Licence = NO_LICENCE
    urls: tuple[tuple[str, str], ...] = ()


NOTHING_SAID = Said()


def said(content: bytes) -> Said:
    """The fields in the METADATA `content`, those that no METADATA has left out."""
    from email.parser import HeaderParser  # only for this

    head = re.split(rb"\r?\n\r?\n", content[:_HEAD], maxsplit=1)[0].decode("utf-8", "replace")
    message = HeaderParser().parsestr(head, headersonly=True)
    fields: dict[str, list[str]] = {}
    for name, value in message.items():
        fields.setdefault(name.lower(), []).append(str(value))

    def one(name: str) -> str:
        return plain(fields.get(name, [""])[0])

    return Said(
        requires=tuple(plain(line, 2000) for line in fields.get("requires-dist", ())[:_MOST]),
        requires_python=one("requires-python"),
        summary=one("summary"),
        author=one("author") or one("author-email") or one("maintainer") or one("maintainer-email"),
        licence=_licence(fields),
        urls=_urls(fields),
    )


def plain(text: str, most: int = _LONGEST) -> str:
    """`text` in one line of at most `most` characters, each run of blanks and control characters one blank.

    Characters that turn the direction of writing or have no width count among these: names could hide by them.
    """
    line = " ".join(_CONTROL.sub(" ", text[: 4 * most]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def spdx(text: str) -> str:
    """`text` in its canonical form if it is an SPDX expression, else ""."""
    try:
        return str(canonicalize_license_expression(text)) if text else ""
    except (InvalidLicenseExpression, RecursionError):
        return ""


def _licence(fields: Mapping[str, Sequence[str]]) -> Licence:
    given = plain(next(iter(fields.get("license-expression", ())), ""))
    text = next(iter(fields.get("license", ())), "").strip()
    first = plain(text.partition("\n")[0], 100)
    expression = spdx(given)
    return Licence(
        expression=expression,
        classifiers=tuple(
            plain(line.rpartition(" :: ")[2], 100)
            for line in fields.get("classifier", ())[:_MOST]
            if (line.startswith(_LICENSE) and line.count(" :: ") > 1) or line.startswith("License :: Public")
        ),
        text=first if first.upper() != "UNKNOWN" and (first or expression) else "" if expression else given,
        files=tuple(plain(name) for name in fields.get("license-file", ())[:100]),
    )


def _urls(fields: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Pairs of a label and an address, those alone that a browser would open."""
    lines = [("Homepage", one) for one in fields.get("home-page", ())]
    for line in fields.get("project-url", ())[:100]:
        label, _, address = line.rpartition(",")
        lines.append((label, address))
    pairs = ((plain(label, 60), address.strip()) for label, address in lines)
    return tuple(dict.fromkeys((label, address) for label, address in pairs if _ADDRESS.fullmatch(address)))
