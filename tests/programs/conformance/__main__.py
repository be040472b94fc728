"""`python -m tests.programs.conformance`: real applications built, run, and compared with a plain venv."""

from __future__ import annotations

import argparse
import datetime
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.checkout import REPOSITORY
from tests.programs import comparison
from tests.programs.bench.setting import Setting, base_python
from tests.programs.conformance import report
from tests.programs.conformance.application import Application
from tests.programs.conformance.compare import (
    RESOLVERS,
    TOOLS,
    Bench,
    NotAsExpectedError,
    Programs,
    compare,
    program_of,
)
from tests.programs.conformance.report import Outcome
from tests.programs.conformance.table import APPLICATIONS

HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rows that the command line asks for, and return 1 where one failed without an excuse."""
    chosen = _parser().parse_args(arguments)
    directory = (chosen.directory or Path(tempfile.gettempdir()) / "pexlite-conformance").resolve()
    programs = _programs(directory, chosen.python or base_python(), chosen.tool)
    rows = [row for row in APPLICATIONS if not chosen.only or row.name in chosen.only]
    print(f"{len(rows)} rows, {', '.join(chosen.tool)}")
    machine = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    path = HERE / "results.json" if chosen.record else directory / "results.json"
    outcomes = []
    for outcome in _outcomes(rows, chosen.tool, chosen.resolver, directory / "rows", programs, chosen.jobs):
        print(outcome, flush=True)
        outcomes.append(outcome)
        # One by one, so that a run which is ended early has not been for nothing.
        report.write(path, machine, outcomes)
    for tool, (passed, total) in report.totals(outcomes).items():
        print(f"{tool}: {passed} of {total} rows do what they do in a plain venv")
    if chosen.record:
        page = REPOSITORY / "pexlite" / "docs" / "conformance.md"
        page.write_text(report.in_page(page.read_text(encoding="utf-8"), path), encoding="utf-8")
        comparison.update_readme()
    return 1 if any(not one.passed and not one.excuse and one.tool == "pexlite" for one in outcomes) else 0


def _programs(directory: Path, python: Path, tools: Sequence[str]) -> Programs:
    """The tools asked for, each in a venv of its own; pexlite from this checkout."""
    setting = Setting(directory, python.absolute())
    names = {program_of(tool) for tool in tools}
    for name in {"pexlite", *names}:
        setting.install(name)
    peers = {name: setting.program(name, name) for name in names if name != "pexlite"}
    return Programs(setting.program("pexlite", "python"), setting.program("pexlite", "pexlite"), **peers)


def _outcomes(
    rows: Sequence[Application],
    tools: Sequence[str],
    resolvers: Sequence[str],
    directory: Path,
    programs: Programs,
    jobs: int,
) -> Iterator[Outcome]:
    def of_row(task: tuple[Application, str]) -> list[Outcome]:
        row, tool = task
        passed: set[str] = set()
        # A peer resolves nothing here: it gets the versions that the first resolver chose.
        wanted = resolvers if tool == "pexlite" else resolvers[:1]
        return [outcome(row, tool, resolver, passed) for resolver in wanted]

    def outcome(row: Application, tool: str, resolver: str, passed: set[str]) -> Outcome:
        place = directory / f"{row.name}-{tool}-{resolver}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        began = time.monotonic()
        why = ""
        try:
            compare(Bench(row, place, programs), tool, resolver, passed)
        except NotAsExpectedError as failure:
            why = str(failure).replace(str(place), "…")
        shutil.rmtree(place, ignore_errors=True)
        return Outcome(row.name, tool, resolver, why, row.excused.get(tool, ""), time.monotonic() - began)

    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(of_row, [(row, tool) for row in rows for tool in tools]):
            yield from found


def _parser() -> argparse.ArgumentParser:
    def several(text: str) -> tuple[str, ...]:
        return tuple(filter(None, text.split(",")))

    parser = argparse.ArgumentParser(prog="nox -s conformance --", description=__doc__)
    parser.add_argument("--only", type=several, default=(), help="rows by name, comma-separated")
    parser.add_argument("--tool", type=several, default=("pexlite",), help=f"of {', '.join(TOOLS)}")
    parser.add_argument("--resolver", type=several, default=RESOLVERS, help="uv,pip")
    parser.add_argument("--jobs", type=int, default=2, help="rows at the same time (2)")
    parser.add_argument("--python", type=Path, help="the Python to run on (the one behind this one)")
    parser.add_argument("--directory", type=Path, help="where to work")
    parser.add_argument(
        "--record",
        action="store_true",
        help="keep the results in this repository: results.json, docs/conformance.md, README.md",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
