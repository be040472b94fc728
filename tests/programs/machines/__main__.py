"""`python -m tests.programs.machines`: files run on other systems and Pythons, all made here."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.checkout import REPOSITORY
from tests.programs.machines import report
from tests.programs.machines.compiled import compiled
from tests.programs.machines.files import Files, NotBuiltError
from tests.programs.machines.inside import Inside, new_home, programs_of_arm64
from tests.programs.machines.journey import ROWS
from tests.programs.machines.machine import Machine, Python
from tests.programs.machines.report import Outcome
from tests.programs.machines.roots import CannotMakeError, check_programs, root_of
from tests.programs.machines.table import BY_NAME, MACHINES
from tests.programs.machines.visit import NotAsExpectedError, NotHereError, Visit

HERE = Path(__file__).resolve().parent
PAGE = REPOSITORY / "pexlite" / "docs" / "machines.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the journeys that the command line asks for, and return 1 where a row failed or a machine is missing."""
    chosen = _parser().parse_args(arguments)
    if os.geteuid() != 0:
        print("error: making root file systems, and mounting in them, takes root\nhint: sudo nox -s pythons")
        return 2
    directory = (chosen.directory or Path(tempfile.gettempdir()) / "pexlite-machines").resolve()
    path = HERE / "results.json" if chosen.record else directory / "results.json"
    files = directory / "files"
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir(parents=True)
    outcomes, missing = [], False
    check_programs()
    for machine in chosen.machine or MACHINES:
        try:
            for outcome in _on_machine(machine, directory, Files(files), chosen.row):
                print(outcome, flush=True)
                outcomes.append(outcome)
                # One by one, so that a run which is ended early has not been for nothing.
                report.write(path, outcomes)
        except CannotMakeError as problem:
            print(f"{machine} was not run: {problem}", flush=True)
            missing = True
    print(report.table(report.read(path)))
    if chosen.record:
        PAGE.write_text(report.in_page(PAGE.read_text(encoding="utf-8"), report.read(path)), encoding="utf-8")
    return int(missing or any(outcome.failed for outcome in outcomes))


def _on_machine(machine: Machine, directory: Path, files: Files, rows: Sequence[str]) -> Iterator[Outcome]:
    """The outcomes of all rows on all Pythons of the machine, which is made if it is not there."""
    with programs_of_arm64() if machine.is_emulated else contextlib.nullcontext():
        root = root_of(machine, directory)
        for python in machine.pythons:
            home = directory / "homes" / f"{machine.name}-{python.tag}"
            shutil.rmtree(home, ignore_errors=True)
            shown = {_prefix(python): compiled(Path(_prefix(python)).name, directory)} if python.compiled else {}
            visit = Visit(machine, python, Inside(root, new_home(home), shown), files)
            for words, function in ROWS.items():
                if not rows or any(part in words for part in rows):
                    yield outcome(machine, python, words, partial(function, visit))
            shutil.rmtree(home)


def _prefix(python: Python) -> str:
    """The directory of a compiled Python, inside."""
    return str(Path(python.program).parent.parent)


def outcome(machine: Machine, python: Python | None, words: str, tried: Callable[[], None]) -> Outcome:
    """The outcome of a row that is tried now."""
    began = time.monotonic()
    why, could_be_tried = "", True
    try:
        tried()
    except (NotAsExpectedError, NotBuiltError) as failure:
        why = str(failure)
    except NotHereError as hindrance:
        why, could_be_tried = str(hindrance), False
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    tag = python.tag if python else ""
    return Outcome(machine.name, tag, words, today, why, could_be_tried, time.monotonic() - began)


def _parser() -> argparse.ArgumentParser:
    def machines(text: str) -> tuple[Machine, ...]:
        unknown = [name for name in text.split(",") if name not in BY_NAME]
        if unknown:
            raise argparse.ArgumentTypeError(f"there is no machine {unknown[0]}, but {', '.join(BY_NAME)}")
        return tuple(BY_NAME[name] for name in text.split(","))

    def several(text: str) -> tuple[str, ...]:
        return tuple(filter(None, text.split(",")))

    parser = argparse.ArgumentParser(prog="nox -s pythons --", description=__doc__)
    parser.add_argument("--machine", type=machines, default=(), help=f"of {', '.join(BY_NAME)}")
    parser.add_argument("--row", type=several, default=(), help="rows by words in their names, comma-separated")
    parser.add_argument("--directory", type=Path, help="where to work; machines are kept there")
    parser.add_argument(
        "--record", action="store_true", help="keep the results in this repository: results.json, docs/machines.md"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
