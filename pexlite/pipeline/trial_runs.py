"""A finished file, run at build with the arguments of `--trace-start`, away from the builder's home and cache.

    with finished(draft, trial_python(targets)) as file:
        run = file.run(("--version",))

Each run is a warm start: the first one unpacks before it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pexlite.archive.writer import write
from pexlite.errors import EntryPointMissing, UsageError
from pexlite.model import Draft, Target

LONGEST = 60.0  # seconds, after which a program is one that runs until it is stopped, as servers do
_LAST_WORDS = 10.0  # seconds, from being asked to end until it is ended


@dataclass(frozen=True)
class TrialRun:
    """One run of the file, ended."""

    arguments: tuple[str, ...]
    code: int | None
    """The exit code, or the signal's number with a minus; None where it was stopped after `LONGEST`."""
    stdout: bytes
    stderr: bytes

    @property
    def notices(self) -> tuple[str, ...]:
        """A sentence for who builds, where it ended otherwise than with 0."""
        if self.code == 0:
            return ()
        how = f"ended with {self.code}" if self.code is not None else f"was stopped after {LONGEST:.0f} s"
        last = self.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        words = f": {last[0]}" if last and self.code is not None else ""
        return (f'the run of --trace-start "{shlex.join(self.arguments)}" {how}{words}',)


@dataclass(frozen=True)
class FinishedFile:
    """A built file in a directory of its own, where `cache` and `home` are what its runs have for these."""

    path: Path
    python: Path
    """The program that runs it."""
    cache: Path
    home: Path
    directory: Path
    """Where it runs: arguments may name files there."""

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        python_arguments: Sequence[str] = (),
        longest: float = LONGEST,
    ) -> TrialRun:
        """The outcome of `python *python_arguments file *arguments`, without input and with `variables` set.

        It is asked to end after `longest` seconds, with the processes that it has started.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PEX"))}
        own = {"HOME": str(self.home), "PEX_ROOT": str(self.cache), **(variables or {})}
        command = [str(self.python), *python_arguments, str(self.path), *arguments]
        process = subprocess.Popen(
            command,
            env={**kept, **own},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        code: int | None
        try:
            out, err = process.communicate(timeout=longest)
            code = process.returncode
        except subprocess.TimeoutExpired:
            out, err = _stopped(process)
            code = None
        finally:
            # What it has started and left running, which would keep our directory in use.
            _end(process, signal.SIGKILL)
        return TrialRun(tuple(arguments), code, out, err)


@contextlib.contextmanager
def finished(draft: Draft, python: Path, directory: Path) -> Iterator[FinishedFile]:
    """The file of `draft`, unpacked for `python`, while the context lasts; it runs in `directory`.

    Raises EntryPointMissing where it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="pexlite-trial-", ignore_cleanup_errors=True) as place:
        file = FinishedFile(Path(place, "app.pex"), python, Path(place, "cache"), Path(place, "home"), directory)
        file.home.mkdir()
        write(draft, file.path)
        unpacked = file.run(("warm",), variables={"PEX_TOOLS": "1"})
        if unpacked.code != 0:
            raise EntryPointMissing(
                f"the file does not start on {python}, so --trace-start cannot run it",
                causes=unpacked.stderr.decode("utf-8", "replace").strip().splitlines()[-3:],
                hint="leave --trace-start out",
            )
        yield file


def trial_python(targets: Sequence[Target]) -> Path:
    """The program of the first of `targets` whose Python is on this machine. Raises UsageError where none is."""
    for target in targets:
        if target.interpreter is not None:
            return target.interpreter
    raise UsageError(
        "--trace-start runs the file, and it is for no Python of this machine",
        causes=[target.name for target in targets],
        hint="build it where such a Python is, or leave --trace-start out",
    )


def _stopped(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """The output and the errors of the process until it was stopped, with those that it has started."""
    _end(process, signal.SIGTERM)
    try:
        return process.communicate(timeout=_LAST_WORDS)
    except subprocess.TimeoutExpired:
        _end(process, signal.SIGKILL)
        return process.communicate()


def _end(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, by)
