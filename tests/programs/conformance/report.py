"""The outcome of a run: a line for each row, the totals, results.json, and its part of docs/conformance.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- from tests/programs/conformance/results.json -->\n", "<!-- end -->\n"


@dataclass(frozen=True)
class Outcome:
    """One row, one tool, one resolver. `why` is "" where it passed."""

    row: str
    tool: str
    resolver: str
    why: str = ""
    excuse: str = ""
    """Why it cannot pass, where that is known."""
    seconds: float = 0.0
    date: str = ""
    """When it was found, where that is another day than the last run's."""

    @property
    def passed(self) -> bool:
        return not self.why

    def __str__(self) -> str:
        state = "passed" if self.passed else "excused" if self.excuse else "FAILED"
        words = f": {self.excuse or self.why}" if self.why else ""
        return f"{state:7} {self.tool:8} {self.resolver:4} {self.row:22} {self.seconds:5.1f} s{words}"


def totals(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """For each tool the number of rows that passed with every resolver, and the number of all rows."""
    found: dict[str, dict[str, bool]] = {}
    for outcome in outcomes:
        rows = found.setdefault(outcome.tool, {})
        rows[outcome.row] = rows.get(outcome.row, True) and outcome.passed
    return {tool: (sum(rows.values()), len(rows)) for tool, rows in found.items()}


def write(path: Path, machine: Mapping[str, Any], outcomes: Sequence[Outcome]) -> None:
    """Write results.json; rows of an earlier run that were not run again stay."""
    earlier, before = (read(path), _machine(path)["date"]) if path.exists() else ((), "")
    again = {(one.row, one.tool, one.resolver) for one in outcomes}
    dated = [replace(one, date=one.date or before) for one in earlier]
    kept = [one for one in dated if (one.row, one.tool, one.resolver) not in again]
    whole = sorted([*kept, *outcomes], key=lambda one: (one.tool, one.row, one.resolver))
    rows = [
        {
            "row": one.row,
            "tool": one.tool,
            "resolver": one.resolver,
            "passed": one.passed,
            **({"why": one.why} if one.why else {}),
            **({"excuse": one.excuse} if one.excuse and one.why else {}),
            **({"date": one.date} if one.date not in ("", machine["date"]) else {}),
        }
        for one in whole
    ]
    path.write_text(json.dumps({"machine": dict(machine), "rows": rows}, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[Outcome, ...]:
    """The outcomes that `write` wrote."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return tuple(
        Outcome(
            one["row"],
            one["tool"],
            one["resolver"],
            one.get("why", ""),
            one.get("excuse", ""),
            date=one.get("date", ""),
        )
        for one in rows
    )


def _machine(path: Path) -> dict[str, str]:
    machine: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["machine"]
    return machine


def markdown(path: Path) -> str:
    """The page's part: totals, and each of pexlite's rows that does not pass, with the reason."""
    outcomes = read(path)
    machine = _machine(path)
    dates: dict[str, list[str]] = {}
    for one in outcomes:
        tools = dates.setdefault(one.date or machine["date"], [])
        tools += [one.tool] if one.tool not in tools else []
    when = ", ".join(f"{' and '.join(tools)} {date}" for date, tools in sorted(dates.items()))
    when = when if len(dates) > 1 else machine["date"]
    lines = [f"| | {' | '.join(totals(outcomes))} |", f"|---|{'---:|' * len(totals(outcomes))}"]
    cells = [f"{passed} of {rows}" for passed, rows in totals(outcomes).values()]
    lines.append(f"| rows that do what they do in a plain venv | {' | '.join(cells)} |")
    text = "\n".join(lines) + f"\n\nCPython {machine['python']}, {machine['system']}, {when}.\n"
    ours = [one for one in outcomes if one.tool == "pexlite" and not one.passed]
    return text + "".join(f"- *{one.row}* ({one.resolver}): {one.excuse or one.why}\n" for one in ours)


def in_page(text: str, path: Path) -> str:
    """A page's `text` with a new part between the two marks."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}{markdown(path)}{END}", text, flags=re.DOTALL)
