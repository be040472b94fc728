"""The lines of a terminal as an SVG, which is dark on a light page and light on a dark one."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape

PROMPT = "$ "
COLUMNS = 100
_CHARACTER, _LINE, _GAP, _EDGE = 7.8, 19, 9, 14  # pixels
_TEXT = "{http://www.w3.org/2000/svg}text"
_STYLE = (
    # Without variables, which some programs that show a picture do not know.
    "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "white-space:pre;fill:#57606a}"
    ".typed{fill:#1f2328;font-weight:600}"
    "rect{fill:#f6f8fa;stroke:#d0d7de}"
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.typed{fill:#f0f6fc}rect{fill:#151b23;stroke:#3d444d}}"
)


def draw(lines: Sequence[str], title: str) -> str:
    """The SVG of `lines`; those that begin with the prompt are typed, the others printed."""
    rows = [(line.startswith(PROMPT), row) for line in lines for row in _wrapped(line)]
    typed = [number for number, (is_typed, _) in enumerate(rows) if is_typed]
    gaps = [_GAP * sum(0 < other <= number for other in typed) for number in range(len(rows))]
    width, height = COLUMNS * _CHARACTER + 2 * _EDGE, len(rows) * _LINE + gaps[-1] + 2 * _EDGE
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="6"/>',
        *(
            _row(number * _LINE + gap, text, is_typed)
            for number, (gap, (is_typed, text)) in enumerate(zip(gaps, rows, strict=True))
        ),
        "</svg>",
    ]
    return "\n".join(drawn) + "\n"


def title_of(svg: str) -> str:
    """The title that `svg` was drawn with."""
    return ElementTree.fromstring(svg).findtext("{http://www.w3.org/2000/svg}title", "")


def lines_of(svg: str) -> list[str]:
    """The lines that `svg` was drawn from, long ones in pieces."""
    return ["".join(element.itertext()) for element in ElementTree.fromstring(svg).iter(_TEXT)]


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, COLUMNS, drop_whitespace=False, break_on_hyphens=False) or [""]


def _row(down: int, text: str, is_typed: bool) -> str:
    place = f'x="{_EDGE}" y="{_EDGE + 14 + down}"'
    # Whatever font the reader has, columns stay columns.
    length = f' textLength="{len(text) * _CHARACTER:g}"' if text else ""
    kind = ' class="typed"' if is_typed else ""
    return f'<text {place}{length}{kind} xml:space="preserve">{escape(text)}</text>'
