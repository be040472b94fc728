"""The outcomes: a line for each row, the closing table, results.json and its part of docs/machines.md."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.programs.machines.journey import rows_of
from tests.programs.machines.machine import Machine
from tests.programs.machines.table import MACHINES

BEGIN, END = "<!-- from tests/programs/machines/results.json -->\n", "<!-- end -->\n"
TESTS = "the runtime's tests"
"""The row that is no start of a file: its `why` is how many passed."""


@dataclass(frozen=True)
class Outcome:
    """One row on one Python of one machine; `python` is "" on a machine that has none."""

    machine: str
    python: str
    row: str
    date: str
    why: str = ""
    """Why it failed or could not be tried; "" where it passed."""
    could_be_tried: bool = True
    seconds: float = 0.0
    count: int = 1
    """How many tests it stands for."""

    @property
    def passed(self) -> bool:
        return self.could_be_tried and not self.why

    @property
    def failed(self) -> bool:
        return self.could_be_tried and bool(self.why)

    def __str__(self) -> str:
        state = "passed" if self.passed else "FAILED" if self.failed else "left out"
        words = f": {self.why}" if self.why else ""
        return f"{state:8} {self.machine:8} {self.python:6} {self.row:48} {self.seconds:5.1f} s{words}"


def write(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes; rows of an earlier run that were not run again stay, with their dates."""
    again = {(one.machine, one.python, one.row) for one in outcomes}
    earlier = read(path) if path.exists() else ()
    kept = [one for one in earlier if (one.machine, one.python, one.row) not in again]
    rows = [
        dataclasses.asdict(one) for one in sorted([*kept, *outcomes], key=lambda one: (one.machine, one.python))
    ]
    for one in rows:
        one["seconds"] = round(one["seconds"], 1)
    path.write_text("[\n" + ",\n".join(json.dumps(one) for one in rows) + "\n]\n", encoding="utf-8")


def read(path: Path) -> tuple[Outcome, ...]:
    """The outcomes that `write` wrote."""
    return tuple(Outcome(**one) for one in json.loads(path.read_text(encoding="utf-8")))


def table(outcomes: Sequence[Outcome]) -> str:
    """The closing table: a line for each Python of each machine, also those that were not run."""
    lines = ["| machine | Python | rows | the runtime's tests | when |", "|---|---|---:|---:|---|"]
    for machine in MACHINES:
        for python in machine.pythons or (None,):
            of_it = [
                one
                for one in outcomes
                if (one.machine, one.python) == (machine.name, python.tag if python else "")
            ]
            cells = [_place(machine), python.words if python else "none", *_counts(of_it)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _place(machine: Machine) -> str:
    return f"{machine.words} (`{machine.name}`)"


def _counts(outcomes: Sequence[Outcome]) -> tuple[str, str, str]:
    rows = [one for one in outcomes if one.row != TESTS and one.could_be_tried]
    tests = [one for one in outcomes if one.row == TESTS]
    if not rows:
        return "not run", "", ""
    passed = sum(one.passed for one in rows)
    run = next((f"{one.count} passed" if one.passed else "failed" for one in tests if one.could_be_tried), "")
    return f"{passed} of {len(rows)}", run, max(one.date for one in rows)


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The page's part: the table, then what failed and what could not be tried, with the reasons."""
    text = table(outcomes)
    failed = [f"- *{one.machine}, {one.python}: {one.row}*: {one.why}" for one in outcomes if one.failed]
    left = [f"- {one.machine}, {one.python}: {one.row}: {one.why}" for one in outcomes if not one.could_be_tried]
    titles = {"Failed:": failed, "Could not be tried there:": left, "Not run so far:": _not_run(outcomes)}
    for title, lines in titles.items():
        if lines:
            text += f"\n{title}\n\n" + "\n".join(lines) + "\n"
    return text


def _not_run(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each Python that was run with some of a journey's rows and not with others."""
    run: dict[tuple[str, str], set[str]] = {}
    for one in outcomes:
        run.setdefault((one.machine, one.python), set()).add(one.row)
    missing = {
        place: [row for row in rows_of(place[1]) if row not in rows] for place, rows in run.items() if place[1]
    }
    return [f"- {', '.join(place)}: {'; '.join(rows)}" for place, rows in missing.items() if rows]


def in_page(text: str, outcomes: Sequence[Outcome]) -> str:
    """A page's `text` with a new part between the two marks."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}{markdown(outcomes)}{END}", text, flags=re.DOTALL)
