"""What uv and pip wrote to stderr, shortened to the lines that explain a failure and without credentials."""

from __future__ import annotations

import itertools
import re

_CREDENTIALS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@'\"`<>]+(?:@[^/\s@'\"`<>]*)*@")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_DRAWING = re.compile(r"^[\s×│├╰└─▶>]+")
_LABEL = re.compile(r"^(?:ERROR|error|cause|Caused by): *")
_NOISE = re.compile(
    r"""
    ^\s*$
    | ^WARNING:\ (?:Location|Url)\ .*\ is\ ignored
    | ^(?:WARNING|DEPRECATION|NOTE|\[notice\]|warning:|note:|INFO:)
    | ^Traceback\ \(most\ recent
    | ^\s*File\ ".*",\ line\ \d+
    | ^\s*[~^]+\s*$
    | ^\s*\[(?:stdout|stderr|\d+\ lines\ of\ output)\]
    | ^For\ more\ information,\ try
    | ^(?:running|creating|copying|writing|adding|reading|removing)\ [\w./-]
    | error:\ subprocess-exited-with-error
    | This\ error\ originates\ from\ a\ subprocess
    | exit\ code:\ \d+$
    | \[end\ of\ output\]
    | for\ help\ visit\ http
    | /tmp/\.?tmp
    """,
    re.VERBOSE,
)


def mask(text: str) -> str:
    """`text` with `user:password@` in every URL replaced by `****@`."""
    return _CREDENTIALS.sub(r"\g<scheme>****@", text)


def clean_lines(stderr: str) -> list[str]:
    """The lines of `stderr` without colours, drawing, credentials and labels such as `ERROR:`.

        × No solution found when resolving dependencies:
        ╰─▶ Because flask==3.0.0 depends on werkzeug>=3.0.0 and you require

    A sentence that goes on in an indented line is joined again.
    """
    lines: list[str] = []
    for raw in mask(_ESCAPES.sub("", stderr)).splitlines():
        starts = _DRAWING.match(raw)
        marked = bool(starts and starts[0].strip())
        text = _LABEL.sub("", _DRAWING.sub("", raw)).rstrip()
        if not marked and raw.startswith("      ") and lines and _goes_on(lines[-1], text):
            lines[-1] += " " + text
        else:
            lines.append(text if marked or not raw.startswith("    ") else "  " + text)
    return lines


def essential_lines(stderr: str, most: int = 12) -> list[str]:
    """At most the last `most` lines of `stderr` that say something about the failure."""
    lines = [line for line in clean_lines(stderr) if not _NOISE.search(line)]
    return [line for line, _ in itertools.groupby(lines)][-most:]


def _goes_on(previous: str, text: str) -> bool:
    """Whether `text` is the rest of a sentence that uv broke at the width of a terminal."""
    return len(previous) > 50 and previous[-1:] not in ".:" and bool(text) and not text.startswith(("And ", "["))
