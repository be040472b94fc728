"""`python -m tests.programs.machines`: files run on other systems and Pythons, all made here."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.checkout import REPOSITORY
from tests.debian import install
from tests.programs.machines import neighbours, report
from tests.programs.machines.compiled import compiled
from tests.programs.machines.files import Files, NotBuiltError
from tests.programs.machines.inside import Inside, new_home, programs_of_arm64
from tests.programs.machines.journey import NATIVE, OF_32_BITS, ROWS, rows_of
from tests.programs.machines.machine import NO_PYTHON_AT_ALL, Machine, Python
from tests.programs.machines.packages import shown_packages
from tests.programs.machines.report import Outcome
from tests.programs.machines.room import run_tests
from tests.programs.machines.roots import PROGRAMS, CannotMakeError, root_of
from tests.programs.machines.table import BY_NAME, MACHINES
from tests.programs.machines.visit import NotAsExpectedError, NotHereError, Visit

HERE = Path(__file__).resolve().parent
PAGE = REPOSITORY / "pexlite" / "docs" / "machines.md"


@dataclass(frozen=True)
class Chosen:
    """Which rows are run: on these Pythons, those with one of these words in their names; none given is all."""

    pythons: Sequence[str]
    words: Sequence[str]
    pytest: Sequence[str]
    """Arguments for the runtime's tests."""

    def has(self, python: Python) -> bool:
        return not self.pythons or python.tag in self.pythons


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the journeys that the command line asks for, and return 1 where a row failed or a machine is missing."""
    chosen = _parser().parse_args(arguments)
    if os.geteuid() != 0:
        print("error: making root file systems, and mounting in them, takes root\nhint: sudo nox -s pythons")
        return 2
    # Ended by another program, it still ends what it has begun inside, and the kernel runs programs as before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    directory = (chosen.directory or Path(tempfile.gettempdir()) / "pexlite-machines").resolve()
    path = HERE / "results.json" if chosen.record else directory / "results.json"
    files = directory / "files"
    for old in (files, directory / "checkout"):
        shutil.rmtree(old, ignore_errors=True)
    files.mkdir(parents=True)
    outcomes, missing = [], False
    install(PROGRAMS)
    asked = Chosen(chosen.python, chosen.row, chosen.pytest)
    for machine in chosen.machine or MACHINES:
        try:
            for found in _on_machine(machine, directory, Files(files), asked):
                print(found, flush=True)
                outcomes.append(found)
                # One by one, so that a run which is ended early has not been for nothing.
                report.write(path, outcomes)
        except CannotMakeError as problem:
            print(f"{machine} was not run: {problem}", flush=True)
            missing = True
    print(report.table(report.read(path)))
    if chosen.record:
        PAGE.write_text(report.in_page(PAGE.read_text(encoding="utf-8"), report.read(path)), encoding="utf-8")
    return int(missing or any(found.failed for found in outcomes))


def _on_machine(machine: Machine, directory: Path, files: Files, chosen: Chosen) -> Iterator[Outcome]:
    """The outcomes of all rows on all Pythons of the machine, which is made if it is not there."""
    pythons = [one for one in machine.pythons or (NO_PYTHON_AT_ALL,) if chosen.has(one)]
    if not pythons:
        return
    with programs_of_arm64() if machine.is_emulated else contextlib.nullcontext():
        for python in pythons:
            if python.compiled:
                # Before the root: the one of musl takes its C library from where that is compiled.
                compiled(Path(python.program).parent.parent.name, directory)
        root = root_of(machine, directory)
        for python in pythons:
            visit = _visit(machine, python, root, directory, files)
            for words, tried in _rows(visit, directory, chosen.pytest).items():
                if not chosen.words or any(part in words for part in chosen.words):
                    yield outcome(visit, words, tried)
            shutil.rmtree(visit.home)


def _visit(machine: Machine, python: Python, root: Path, directory: Path, files: Files) -> Visit:
    """A visit with a new home, where `root` shows its user what a journey takes."""
    home = directory / "homes" / f"{machine.name}-{python.tag or 'none'}"
    shutil.rmtree(home, ignore_errors=True)
    shown = dict(shown_packages(directory))
    if python.compiled:
        prefix = Path(python.program).parent.parent
        shown[str(prefix)] = compiled(prefix.name, directory)
    return Visit(machine, python, Inside(root, new_home(home), shown), files)


def _rows(visit: Visit, directory: Path, pytest: Sequence[str]) -> Mapping[str, Callable[[], int | None]]:
    """The rows of a visit: the journey, what its machine alone can tell, and the runtime's tests."""
    if visit.python == NO_PYTHON_AT_ALL:
        return {neighbours.NO_PYTHON: partial(neighbours.no_python, visit)}
    rows: dict[str, Callable[[], int | None]] = {
        words: partial(row, visit) for words, row in rows_of(visit.python.tag).items()
    }
    if visit.machine.architecture == "i386":
        rows[OF_32_BITS] = partial(ROWS[NATIVE], visit.with_bits("linux32"))
    if visit.machine.neighbour:
        other = BY_NAME[visit.machine.neighbour]
        inside = Inside(root_of(other, directory), visit.home)
        both = partial(neighbours.shared_home, visit, Visit(other, other.pythons[0], inside, visit.files))
        rows[neighbours.SHARED] = both
    return {**rows, report.TESTS: partial(run_tests, visit, pytest)}


def outcome(visit: Visit, words: str, tried: Callable[[], int | None]) -> Outcome:
    """The outcome of a row that is tried now."""
    began = time.monotonic()
    why, could_be_tried, count = "", True, 1
    try:
        count = tried() or 1
    except (NotAsExpectedError, NotBuiltError) as failure:
        why = str(failure)
    except NotHereError as hindrance:
        why, could_be_tried = str(hindrance), False
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    seconds = time.monotonic() - began
    return Outcome(visit.machine.name, visit.python.tag, words, today, why, could_be_tried, seconds, count)


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
    parser.add_argument("--python", type=several, default=(), help="Pythons by tag: cp313t,pp311")
    parser.add_argument(
        "--pytest", type=str.split, default=(), help="arguments for the runtime's tests, in one word"
    )
    parser.add_argument("--directory", type=Path, help="where to work; machines are kept there")
    parser.add_argument(
        "--record", action="store_true", help="keep the results in this repository: results.json, docs/machines.md"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
