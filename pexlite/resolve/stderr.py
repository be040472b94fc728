"""The stderr of uv and pip, reduced to the lines that explain a failure, without credentials."""

from __future__ import annotations

import itertools
import re

from pexlite.addresses import mask

_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_DRAWING = re.compile(r"^[\s×│├╰└─▶>]+")
_LABEL = re.compile(r"^(?:ERROR|error|cause|Caused by): *")
_VERSIONS = re.compile(r"\(from versions: [^)]*, ((?:[^,)]+, ){4}[^,)]+)\)")
_FRAME = re.compile(r"^(\s*)File \".*\", line \d+")
# …/pexlite-project-lvjm2grp/app, …/pip-install-67de0nbs/app_09e83f01e8354b1985794b633b1166ef
_TEMPORARY = re.compile(
    r"(?:file://)?/[^\s'\"`<>()]*/(?:pip-[a-z-]+|pexlite-(?:build|checkout|download|project|sdist|sources|wheel))"
    r"-[a-z0-9_]{8}/"
    # A copy of a project lies as deep as the project itself.
    r"(?:pexlite-root/(?:pexlite-parent/)*)?"
)
_UNIQUE = re.compile(r"(?<=\w)_[0-9a-f]{32}\b")
_NOISE = re.compile(
    r"""
    ^\s*$
    | ^\s*(?:WARNING:\ Retrying|Looking\ in\ (?:links|indexes):)
    | ^WARNING:\ (?:Location|Url)\ .*\ is\ ignored
    | ^(?:WARNING|DEPRECATION|NOTE|\[notice\]|warning:|note:|INFO:)
    | ^\s*Traceback\ \(most\ recent
    | ^\s*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|\S*-gcc)\ -
    | ^\s*[Cc]ommand\ '\[.*returned\ non-zero
    | ^\s*File\ ".*",\ line\ \d+
    | ^\s*[~^]+\s*$
    | ^\s*\[(?:stdout|stderr|\d+\ lines\ of\ output)\]
    | ^Building\ wheel\.\.\.$
    | ^For\ more\ information,\ try
    | ^\s*(?:running|creating|copying|writing|adding|reading|removing|building)\ ['\w./-]
    | subprocess-exited-with-error
    | This\ error\ originates\ from\ a\ subprocess
    | exit\ code:\ \d+$
    | \[end\ of\ output\]
    | for\ help\ visit\ http
    | /tmp/\.?tmp
    """,
    re.VERBOSE,
)


def clean_lines(stderr: str) -> list[str]:
    """The lines of `stderr` without colours, drawing, credentials, temporary paths and labels such as `ERROR:`.

        × No solution found when resolving dependencies:
        ╰─▶ Because flask==3.0.0 depends on werkzeug>=3.0.0 and you require

    A sentence that older versions of uv break at the terminal's width is joined again.
    """
    lines: list[str] = []
    drawn = False
    for raw in _placed(mask(_ESCAPES.sub("", stderr))).splitlines():
        starts = _DRAWING.match(raw)
        marked = bool(starts and starts[0].strip())
        text = _LABEL.sub("", _DRAWING.sub("", raw)).rstrip()
        if drawn and not marked and raw.startswith("      ") and _goes_on(lines[-1], text):
            lines[-1] += " " + text
            continue
        drawn = marked or (drawn and text.startswith("And "))
        indent = "" if marked else raw[: len(raw) - len(raw.lstrip())]
        lines.append(indent + _VERSIONS.sub(r"(from versions: …, \1)", text))
    return lines


def essential_lines(stderr: str, most: int = 12) -> list[str]:
    """The last lines of `stderr` that explain the failure, at most `most`.

    Of a traceback only the exception stays, without frames and their code.
    """
    lines: list[str] = []
    frame: str | None = None
    for line in clean_lines(stderr):
        # A frame's code is indented deeper than the frame; a frame of code from a string has none.
        is_code = frame is not None and line.startswith(frame + "  ")
        found = _FRAME.match(line)
        frame = found[1] if found else frame if is_code else None
        if not is_code and not _NOISE.search(line):
            lines.append(line.strip() if line.startswith("    ") else line)
    return [line for line, _ in itertools.groupby(lines)][-most:]


def _placed(text: str) -> str:
    """`text` with relative paths in place of paths in temporary directories, which will be gone."""
    return _UNIQUE.sub("", _TEMPORARY.sub("", text))


def _goes_on(previous: str, text: str) -> bool:
    """Whether `text` is the rest of a sentence that uv broke."""
    return previous[-1:] not in ".:]" and bool(text) and not text.startswith(("And ", "["))
