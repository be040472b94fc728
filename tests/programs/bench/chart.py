"""The SVG of docs/performance.md: warm starts, first starts and builds, each tool's best beside the others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.programs.bench.results import Results, Row
from tests.programs.bench.targets import in_words

_GROUPS = {
    "plain venv": ("venv",),
    "pexlite": ("pexlite", "pexlite-sh", "pexlite-compile", "pexlite-fast", "pexlite with a start list"),
    "pex": ("pex-venv", "pex-fast", "pex-venv-fast", "pex-pylock-fast"),
    "pex, defaults": ("pex",),
    "shiv": ("shiv", "shiv-fast"),
}
_COLOURS = {
    "plain venv": "#8a8f98",
    "pexlite": "#2f81f7",
    "pex": "#d29922",
    "pex, defaults": "#b08a4a",
    "shiv": "#a371f7",
}
_PANELS = (
    ("Every start", "warm", "./app"),
    ("First start", "cold", ""),
    ("Build from a lock", "build", "from a lock, cached"),
)
# Text takes the reader's colour: matplotlib writes this one, which is replaced by a variable of the style sheet.
_INK = "#010203"
_STYLE = (
    "<style>:root{--ink:#1f2328}@media(prefers-color-scheme:dark){:root{--ink:#e6edf3}}"
    "text{font-family:system-ui,sans-serif}</style>"
)


def draw(results: Results, path: Path) -> None:
    """Draw the chart at `path`, if there is anything to show; the same results give the same bytes."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    settings: Any = {
        "svg.hashsalt": "pexlite",
        "svg.fonttype": "none",
        "font.size": 9,
        "font.family": "sans-serif",
    }
    ink = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
    with pyplot.rc_context(settings | dict.fromkeys(ink, _INK)):
        panels = [(title, found) for title, *wanted in _PANELS if (found := _rows(results, *wanted))]
        if not panels:
            return
        count = sum(len(rows) for _, rows in panels)
        sizes = {"height_ratios": [len(rows) for _, rows in panels]}
        figure, axes = pyplot.subplots(len(panels), 1, figsize=(7.2, 1.05 * count + 0.6), gridspec_kw=sizes)
        for axis, (title, rows) in zip([axes] if len(panels) == 1 else axes, panels, strict=True):
            _panel(axis, title, rows, results)
        figure.tight_layout()
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    path.write_text(readable(path.read_text(encoding="utf-8")), encoding="utf-8")


def readable(svg: str) -> str:
    """The SVG with ink that is dark on a light page and light on a dark one."""
    begin = svg.index(">", svg.index("<svg")) + 1
    svg = f"{svg[:begin]}\n {_STYLE}{svg[begin:]}"
    lines = (line.rstrip() for line in svg.replace(_INK, "var(--ink)").splitlines())
    return "\n".join(lines) + "\n"


def _rows(results: Results, concern: str, way: str) -> list[Row]:
    return [row for row in results.rows if row.concern == concern and way in ("", row.way)]


def _panel(axis: object, title: str, rows: Sequence[Row], results: Results) -> None:
    """Bars of one concern, longer is slower; a bar far longer than pexlite's is cut and says its length."""
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    position = 0.0
    ticks: list[float] = []
    names: list[str] = []
    for row in rows:
        values = _values(row, results)
        floor = values.get("plain venv") or values.get("pexlite") or max(values.values())
        begin = position
        for group, value in values.items():
            ratio = value / floor
            axis.barh(-position, min(ratio, _CUT), height=0.8, color=_COLOURS[group])
            words = f" {group}  {in_words(value, row.unit)}" + (f" ({ratio:.0f} ×)" if ratio > _CUT else "")
            axis.text(min(ratio, _CUT), -position, words, va="center", ha="left", fontsize=8)
            position += 1
        ticks.append(-(begin + position - 1) / 2)
        names.append(row.workload)
        position += 0.7
    axis.set_yticks(ticks, names)
    axis.set_title(f"{title} (CPU time)" if results.busy else title, loc="left", fontweight="bold")
    axis.set_xlim(0, _CUT * 1.45)
    axis.xaxis.set_visible(False)
    for side in ("top", "right", "bottom"):
        axis.spines[side].set_visible(False)


_CUT = 8.0


def _values(row: Row, results: Results) -> Mapping[str, float]:
    found = {}
    for group, tools in _GROUPS.items():
        figures = [row.figures[tool] for tool in tools if tool in row.figures and row.figures[tool].runs]
        if figures:
            found[group] = min(map(results.shown, figures))
    return found
