"""`pexlite build … -- ARGUMENT…`: a build whose file is run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pexlite.cli.say import flush

if TYPE_CHECKING:
    from pexlite.model import BuildRequest


def run_built(request: BuildRequest, given: dict[str, Any], arguments: Sequence[str]) -> NoReturn:
    """Exit as the file of `request` does, run with these arguments; without an output it is a temporary file."""
    from pexlite.cli.progress import Notes, shown_progress
    from pexlite.pipeline.build import build

    def built(request: BuildRequest) -> Path:
        notes = Notes(quiet=given["quiet"])
        with shown_progress(notes, progress=not given["no_progress"], every_step=given["verbose"]) as report:
            return build(request, report).path

    if given["dry_run"] or given["as_json"]:
        raise click.UsageError(
            "-- runs what was built: leave out --dry-run and --json", click.get_current_context()
        )
    if given["output"]:
        file = built(request)
        flush()
        os.execv(sys.executable, [sys.executable, str(file), *arguments])  # noqa: S606 - no shell is wanted
    with tempfile.TemporaryDirectory(prefix="pexlite-run-") as place:
        file = built(replace(request, output=Path(place, "app.pex")))
        flush()
        # Ctrl-C is the app's: this process ends when the app has.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process = subprocess.Popen([sys.executable, str(file), *arguments], preexec_fn=_heed_interrupts)
        for name in ("SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, name), lambda number, _: process.send_signal(number))
        code = process.wait()
    sys.exit(code if code >= 0 else 128 - code)


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
