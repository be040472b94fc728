"""The README's six lines about pexlite and its peers, made from the results of bench and conformance."""

from __future__ import annotations

import re

from tests.checkout import REPOSITORY
from tests.programs.bench import report, results
from tests.programs.bench.results import Results
from tests.programs.conformance import report as conformance_report

README = REPOSITORY / "README.md"
BEGIN, END = "<!-- from the results of bench and conformance -->\n", "<!-- end -->\n"
_HERE = REPOSITORY / "tests" / "programs"
BENCH, CONFORMANCE = _HERE / "bench" / "results.json", _HERE / "conformance" / "results.json"
_TOOLS = ("pexlite", "pex", "shiv", "PyInstaller", "plain venv")
# Each line's words, and the row of the benchmark that it is: concern, workload, way.
_LINES = {
    "a file with click and requests": ("size", "hello", "file"),
    "its first start": ("cold", "hello", "whole"),
    "every later start of a small command": ("warm", "tiny", "./app"),
    "first start with pandas, pyarrow and scikit-learn, to its first line": ("cold", "data", "to the first line"),
    "building that from a lock, all wheels at hand": ("build", "data", "from a lock, cached"),
}
_CONFORMING = "real applications that do what they do in a plain venv"


def in_readme(text: str) -> str:
    """The README's `text` with new lines between the two marks."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}{_table(results.read(BENCH))}{END}", text, flags=re.DOTALL)


def update_readme() -> None:
    README.write_text(in_readme(README.read_text(encoding="utf-8")), encoding="utf-8")


def _table(found: Results) -> str:
    lines = [f"| | {' | '.join(_TOOLS)} |", f"|---|{'---:|' * len(_TOOLS)}"]
    for words, wanted in _LINES.items():
        # A machine on which not all has been measured yet has fewer rows.
        for row in found.rows:
            if (row.concern, row.workload, row.way) == wanted:
                cells = [report.cell(found, row, report.COLUMNS[tool]) for tool in _TOOLS]
                lines.append(f"| {words} | {' | '.join(cells)} |")
    totals = conformance_report.totals(conformance_report.read(CONFORMANCE))
    cells = [f"{totals[tool][0]} of {totals[tool][1]}" if tool in totals else "" for tool in _TOOLS]
    lines.append(f"| {_CONFORMING} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
