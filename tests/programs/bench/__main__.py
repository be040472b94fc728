"""`python -m tests.programs.bench`: measure, show the table, and keep results.json and the SVG."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.checkout import REPOSITORY
from tests.programs import comparison
from tests.programs.bench import (
    builds,
    carried,
    chart,
    growth,
    instant,
    kinds,
    lazy,
    machine,
    report,
    results,
    ship,
    simultaneous,
    spark,
    starts,
    timing,
    weights,
)
from tests.programs.bench.results import Results, Row, row
from tests.programs.bench.setting import Setting, ask, base_python, clean_python
from tests.programs.bench.timing import WrongOutputError, failed
from tests.programs.bench.tools import TOOLS, Tool
from tests.programs.bench.workloads import USUAL, WORKLOADS, Workload

CONCERNS = (
    "size",
    "written",
    "memory",
    "warm",
    "cold",
    "second",
    "lock",
    "names",
    "network",
    "growth",
    "kinds",
    "simultaneous",
)
# Measured where it is asked for.
ON_DEMAND = ("own", "ship", "spark", "lazy", "instant")
# Those in which files by the hundred are made while a clock runs.
_MAKING = ("cold", "second", "growth", "simultaneous", "own", "instant")
HERE = Path(__file__).resolve().parent
DOCS = REPOSITORY / "pexlite" / "docs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for, and return 1 where pexlite itself could not be measured."""
    chosen = _parser().parse_args(arguments)
    console = Console(width=100 if not sys.stdout.isatty() else None)
    directory = (chosen.directory or Path(tempfile.gettempdir()) / "pexlite-bench").resolve()
    directory.mkdir(parents=True, exist_ok=True)
    tools = [TOOLS[name] for name in chosen.tool] if chosen.tool else list(TOOLS.values())
    needed = [*tools, *(carried.tools() if "own" in chosen.only else ())]
    programs = sorted({"pexlite", *(tool.program for tool in needed if tool.program != "zipapp")})
    python = ask((chosen.python or base_python()).absolute())
    setting = Setting(directory, clean_python(directory, python.path, python.hooks))
    for program in programs:
        console.print(f"setting up {program}", style="dim")
        setting.install(program)
    nothing = Results(
        machine.facts(setting, python),
        setting.versions(programs),
        {tool.name: tool.about for tool in tools},
        notes=_notes(python.hooks),
    )
    path = (HERE if chosen.record else directory) / "results.json"
    plan = _Plan(setting, tools, programs, chosen.rounds or (3 if chosen.quick else 15), chosen.quick)
    workloads = [WORKLOADS[name] for name in chosen.workload]
    code = nothing.machine["code"]
    measured = (results.without_paths(one) for one in plan.rows(chosen.only, workloads))
    rows = (replace(one, code=code[results.code_kind(one.concern)]) for one in measured)
    found = _measured(rows, nothing, path, console)
    report.show(found, console)
    whole = results.read(path) if path.exists() else found
    picture = (DOCS if chosen.record else directory) / "performance.svg"
    chart.draw(whole, picture)
    if chosen.record:
        page = DOCS / "performance.md"
        page.write_text(report.in_page(page.read_text(encoding="utf-8"), whole), encoding="utf-8")
        comparison.update_readme()
    console.print(f"{path} and {picture} have all of this")
    own = [figure for one in found.rows for name, figure in one.figures.items() if name in ("pexlite", "all")]
    return 0 if all(figure.runs for figure in own) else 1


def _measured(rows: Iterator[Row], nothing: Results, path: Path, console: Console) -> Results:
    """`nothing` with `rows`; each row is written to `path` at once, so that an interrupted run was not in vain."""
    earlier = results.read(path) if path.exists() else nothing
    if results.are_of_another_machine(earlier, nothing):
        console.print(f"{len(earlier.rows)} rows of another machine or Python are dropped", style="yellow")
        earlier = nothing
    found = nothing
    for one in rows:
        verdicts = ", ".join(f"{said.claim}: {nothing.state(said)}" for said in one.verdicts)
        console.print(f"{one.concern} {one.workload} {one.way}  {verdicts}", style="dim")
        found = replace(found, rows=(*found.rows, one))
        results.write(results.merged(earlier, found), path)
    return found


def _notes(hooks: Sequence[str]) -> tuple[str, ...]:
    if not hooks:
        return ()
    found = f"{len(hooks)} .pth files of the host are read at every start of this Python"
    return (f"{found}; python3 on PATH is an empty venv of it, which reads none",)


class _Plan:
    """The rows to measure, in the order of the table."""

    def __init__(
        self, setting: Setting, tools: Sequence[Tool], programs: Sequence[str], rounds: int, quick: bool
    ) -> None:
        self.setting, self.tools, self.programs, self.rounds = setting, tools, programs, rounds
        self.quick = quick
        # Builds and the first starts of large applications take seconds each.
        self.few = min(rounds, 5)

    def rows(self, only: Sequence[str], workloads: Sequence[Workload]) -> Iterator[Row]:
        state = self.setting.directory / "state"
        timing.clear(state)
        is_resting = not self.quick
        for concern in only:
            for workload in workloads:
                is_resting = is_resting and (concern not in _MAKING or timing.rest(state))
                try:
                    yield from self.of(concern, workload)
                except (RuntimeError, WrongOutputError) as failure:
                    # One row less, not the whole run.
                    yield row(concern, workload.name, "not measured", {"all": failed(str(failure))})
            if concern == "memory" and not self.quick:
                yield from weights.memory_of_a_large_build(self.setting, self.programs)
            if concern == "growth":
                counts = (growth.WHEELS, growth.FILES) if not self.quick else ((7, 30), (100, 1_000))
                yield from growth.wheels(self.setting, self.tools, self.rounds, counts[0])
                yield from growth.files(self.setting, self.tools, self.rounds, counts[1])
            if concern == "kinds":
                yield from kinds.rows(self.setting, self.rounds)
            if concern == "ship":
                yield from ship.rows(self.setting, min(self.few, 3))
            if concern == "lazy":
                yield from lazy.rows(self.setting, self.rounds)
            if concern == "spark":
                yield from spark.rows(self.setting, spark.FRAMES, self.few)
        timing.clear(state)

    def of(self, concern: str, workload: Workload) -> Iterator[Row]:
        """The rows of one concern and one workload."""
        setting, tools = self.setting, self.tools
        large = bool(workload.first) and not workload.make
        makers: dict[str, Callable[[], Iterator[Row]]] = {
            "size": lambda: weights.size(setting, workload, tools),
            "written": lambda: weights.written(setting, workload, tools),
            "memory": lambda: weights.memory(setting, workload, tools, self.few),
            "warm": lambda: starts.warm(setting, workload, tools, self.rounds),
            "cold": lambda: starts.cold(setting, workload, tools, self.few if large else self.rounds),
            "second": lambda: starts.second(setting, workload, tools, self.few),
            "lock": lambda: builds.from_lock(setting, workload, self.programs, self.few),
            "names": lambda: builds.from_names(setting, workload, self.programs, self.few),
            "network": lambda: builds.from_network(setting, workload, self.programs, min(self.few, 3)),
            "simultaneous": lambda: self._simultaneous(workload),
            "own": lambda: carried.rows(setting, workload, self.rounds, self.few),
            "instant": lambda: instant.rows(setting, workload, tools, self.few),
        }
        sensible = {
            "written": not large,
            "memory": not large,
            "second": bool(workload.application),
            "lock": large,
            "names": large,
            "network": large,
            "simultaneous": not large,
            "own": not large,
        }
        if concern in makers and sensible.get(concern, True):
            yield from makers[concern]()

    def _simultaneous(self, workload: Workload) -> Iterator[Row]:
        rounds, count = (1, 16) if self.quick else (min(self.few, 3), simultaneous.COUNT)
        return simultaneous.rows(self.setting, workload, self.tools, rounds, count)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    comma = "comma-separated: "
    concerns = (*CONCERNS, *ON_DEMAND)
    parser.add_argument("--only", type=_one_of(concerns), default=CONCERNS, help=comma + ", ".join(concerns))
    parser.add_argument("--workload", type=_one_of(WORKLOADS), default=USUAL, help=comma + ", ".join(WORKLOADS))
    parser.add_argument("--tool", type=_one_of(TOOLS), default=(), help=comma + ", ".join(TOOLS))
    parser.add_argument(
        "--quick", action="store_true", help="three rounds, small growth, 16 starts at once, no large build"
    )
    parser.add_argument("--rounds", type=int, help="of warm starts and small first starts (15); others at most 5")
    parser.add_argument("--python", type=Path, help="the Python to measure on (the one behind this one)")
    parser.add_argument("--directory", type=Path, help="where to work and to keep wheelhouses")
    parser.add_argument(
        "--record", action="store_true", help="keep the results here: results.json, docs/performance and README.md"
    )
    return parser


def _one_of(known: Sequence[str] | dict[str, Workload] | dict[str, Tool]) -> Callable[[str], tuple[str, ...]]:
    def names(text: str) -> tuple[str, ...]:
        found = tuple(filter(None, text.split(",")))
        unknown = [name for name in found if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(known)}")
        return found

    return names


if __name__ == "__main__":
    sys.exit(main())
