"""The rows that were measured, and results.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.programs.bench.targets import MET, Target, Verdict, judge
from tests.programs.bench.timing import Figure


@dataclass(frozen=True)
class Row:
    """One line of the table: every tool's figure for one `concern`, one workload and one `way` to start it."""

    concern: str
    workload: str
    way: str
    unit: str
    """"s", "B", "files", "instructions" or "lost"."""
    figures: Mapping[str, Figure]
    verdicts: tuple[Verdict, ...] = ()
    date: str = ""
    """When it was measured, where that was not in the run that the results are of."""
    code: str = ""
    """The digest of the code that it measured; "" where that is not known."""


def row(
    concern: str,
    workload: str,
    way: str,
    figures: Mapping[str, Figure],
    targets: Sequence[Target] = (),
    unit: str = "s",
) -> Row:
    """A row of these figures, judged by the targets."""
    return Row(concern, workload, way, unit, figures, judge(targets, figures, unit))


@dataclass(frozen=True)
class Results:
    """A whole run: where and when, with which versions, and its rows."""

    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    tools: Mapping[str, str]
    """Each tool's name and flags."""
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def busy(self) -> bool:
        """Whether the machine had other work to do: CPU seconds then tell more than wall seconds."""
        return bool(self.machine["load"] > self.machine["cores"])

    def shown(self, figure: Figure) -> float:
        """The median to show to people: of CPU seconds where the machine was busy."""
        return figure.cpu if self.busy and figure.cpu is not None else figure.median

    def state(self, said: Verdict) -> str:
        """Whether a target is met, missed or undecided, in CPU seconds where the machine was busy."""
        return said.state_by_cpu if self.busy else said.state

    def is_outdated(self, one: Row) -> bool:
        """Whether the code that the row measured was another one when these results were written."""
        now: Mapping[str, str] = self.machine.get("code", {})
        return one.code != now.get(code_kind(one.concern), one.code)


def code_kind(concern: str) -> str:
    """Which code a concern measures: what builds a file, or what travels in it."""
    return "built by" if concern in ("build", "memory") else "started by"


def write(results: Results, path: Path) -> None:
    """Write results.json to `path`."""
    document = {
        "machine": dict(results.machine),
        "versions": dict(results.versions),
        "tools": dict(results.tools),
        "notes": list(results.notes),
        "rows": [_row_document(one) for one in results.rows],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Results:
    """The results that `write` wrote to `path`."""
    document = json.loads(path.read_text(encoding="utf-8"))
    rows = tuple(
        Row(
            one["concern"],
            one["workload"],
            one["way"],
            one["unit"],
            {tool: _figure(values) for tool, values in one["figures"].items()},
            tuple(map(_verdict, one["targets"])),
            one.get("date", ""),
            one.get("code", ""),
        )
        for one in document["rows"]
    )
    notes = tuple(document["notes"])
    return Results(document["machine"], document["versions"], document["tools"], rows, notes)


_PATH = re.compile(r"(?<![\w.…/:])/[\w.+-]+/[^\s'\"]*")


def without_paths(one: Row) -> Row:
    """The row without this machine's paths in the tools' complaints."""
    figures = {tool: replace(figure, note=_PATH.sub("…", figure.note)) for tool, figure in one.figures.items()}
    return replace(one, figures=figures)


def merged(earlier: Results, later: Results) -> Results:
    """`later`, with the rows of `earlier` that it did not measure again, in the order of both.

    Those of another machine or Python are left out: their seconds say nothing beside these.
    """
    if are_of_another_machine(earlier, later):
        return later
    again = {_key(one): one for one in later.rows}
    before = str(earlier.machine["date"])
    kept = before if before != later.machine["date"] else ""
    rows = [again.pop(_key(one), replace(one, date=one.date or kept)) for one in earlier.rows]
    versions = {**earlier.versions, **later.versions}
    tools = {**earlier.tools, **later.tools}
    notes = tuple(dict.fromkeys((*earlier.notes, *later.notes)))
    return Results(later.machine, versions, tools, (*rows, *again.values()), notes)


_OF_A_MACHINE = ("processor", "cores", "memory_gb", "file_system", "python")


def are_of_another_machine(earlier: Results, later: Results) -> bool:
    """Whether the results come from different machines, or from different Pythons on one."""
    return any(earlier.machine.get(name) != later.machine.get(name) for name in _OF_A_MACHINE)


def _key(one: Row) -> tuple[str, str, str]:
    return (one.concern, one.workload, one.way)


def _row_document(one: Row) -> dict[str, Any]:
    return {
        "concern": one.concern,
        "workload": one.workload,
        "way": one.way,
        "unit": one.unit,
        "figures": {tool: _figure_document(figure) for tool, figure in one.figures.items()},
        "targets": [_verdict_document(said) for said in one.verdicts],
        **({"date": one.date} if one.date else {}),
        **({"code": one.code} if one.code else {}),
    }


def _verdict_document(said: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {"claim": said.claim, "value": round(said.value, 5), "limit": said.limit}
    found["met"] = said.state == MET
    if said.quartiles:
        found["quartiles"] = [round(value, 5) for value in said.quartiles]
    if said.cpu is not None:
        found["cpu"] = round(said.cpu, 5)
    if said.cpu_quartiles:
        found["cpu_quartiles"] = [round(value, 5) for value in said.cpu_quartiles]
    if said.floors:
        found["floors"] = {name: round(value, 5) for name, value in said.floors}
    return found


def _verdict(said: Mapping[str, Any]) -> Verdict:
    floors = tuple(said.get("floors", {}).items())
    quartiles, of_cpu = (_pair(said.get(name)) for name in ("quartiles", "cpu_quartiles"))
    return Verdict(said["claim"], said["value"], said["limit"], said.get("cpu"), floors, quartiles, of_cpu)


def _pair(values: Sequence[float] | None) -> tuple[float, float] | None:
    return (values[0], values[1]) if values else None


def _figure_document(figure: Figure) -> dict[str, Any]:
    if not figure.runs:
        return {"runs": 0, "note": figure.note}
    found: dict[str, Any] = {
        "median": round(figure.median, 6),
        "min": round(figure.least, 6),
        "max": round(figure.most, 6),
        "runs": figure.runs,
    }
    if figure.cpu is not None:
        found["cpu"] = round(figure.cpu, 6)
    return {**found, "note": figure.note} if figure.note else found


def _figure(values: Mapping[str, Any]) -> Figure:
    nothing = float("nan")
    return Figure(
        values.get("median", nothing),
        values.get("min", nothing),
        values.get("max", nothing),
        values["runs"],
        values.get("cpu"),
        values.get("note", ""),
    )
