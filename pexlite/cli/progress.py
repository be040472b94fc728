"""Progress for people: a display on a terminal, a line per stage elsewhere, or nothing."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from pexlite.cli.say import say, shown
from pexlite.model import Progress, Report, no_report

# The stages, in order.
_STAGES = {
    "targets": "looking at the targets",
    "local": "packing local code",
    "resolve": "resolving",
    "fetch": "fetching wheels",
    "build": "building wheels",
    "compile": "compiling",
    "write": "writing the file",
}
_COUNTED_IN_BYTES = ("fetch", "write")


class Notes:
    """Notes that are shown at once, before the work they are about, and not repeated at the end."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.told: set[str] = set()

    def before(self, report: Report) -> Report:
        """A report that shows notes at once and passes everything else to `report`."""

        def both(progress: Progress) -> None:
            if progress.stage != "note":
                report(progress)
            elif not self.quiet:
                say(f"note: {progress.message}", err=True)
                self.told.add(progress.message)

        return both


@contextlib.contextmanager
def shown_progress(notes: Notes, *, progress: bool, every_step: bool) -> Iterator[Report]:
    """A report that shows notes and progress on stderr within the context.

    At the end the display is erased and the notes stay.
    """
    if notes.quiet or not progress or sys.stderr is None:
        yield notes.before(no_report)
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not every_step:
        with _display() as report:
            yield notes.before(report)
    else:
        yield notes.before(_Lines(every_step))


class _Lines:
    """A report that prints a line when a stage begins or, with `every_step`, for every step."""

    def __init__(self, every_step: bool) -> None:
        self.every_step = every_step
        self.begun: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        words = _STAGES.get(progress.stage, progress.stage)
        if self.every_step and progress.message:
            say(f"{progress.stage}: {progress.message}", err=True)
        elif progress.stage not in self.begun:
            say(words, err=True)
        self.begun.add(progress.stage)


@contextlib.contextmanager
def _display() -> Iterator[Report]:
    """A report that shows a line for each stage, with a bar for counted work; erased at the end."""
    # Imported here, because rich takes longer to import than all of `pexlite --help` takes.
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn
    from rich.progress import Progress as Bars

    from pexlite.cli.words import size_in_words

    bars = Bars(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[amount]}", style="cyan", markup=False),
        TextColumn("{task.fields[message]}", style="dim", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}
    lock = threading.Lock()

    def report(progress: Progress) -> None:
        with lock:  # downloads report from several threads
            if progress.stage not in tasks:
                for earlier in tasks.values():
                    bars.update(earlier, total=1, completed=1, amount="", message="")
                tasks[progress.stage] = bars.add_task("", total=None, amount="", message="")
        amount = ""
        if progress.done is not None and progress.total:
            counted = size_in_words if progress.stage in _COUNTED_IN_BYTES else str
            amount = f"{counted(progress.done)} of {counted(progress.total)}"
        # Counted work is named by its message; without a count the message is the whole line.
        words = _STAGES.get(progress.stage, progress.stage)
        counted_by_name, message = progress.total is not None, shown(progress.message)
        bars.update(
            tasks[progress.stage],
            description=words if counted_by_name or not message else message,
            total=progress.total,
            completed=progress.done,
            amount=amount,
            message=message if counted_by_name else "",
        )

    with bars:
        yield report
