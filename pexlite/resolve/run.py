"""Runs of uv and pip, whose failures become errors of pexlite."""

from __future__ import annotations

import os
import re
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pexlite.addresses import mask
from pexlite.errors import PexliteError, UsageError
from pexlite.files.places import closed_umask
from pexlite.indexes.environment import inherited_environment
from pexlite.indexes.indexes import NO_OTHERS, OwnIndexes, check_encrypted
from pexlite.model import IndexSettings
from pexlite.resolve.stderr import essential_lines

# uv reads wheels while they arrive, so an interrupted download looks to it like a bad wheel.
_BROKEN_OFF = re.compile(
    r"IncompleteRead|Connection broken|RemoteDisconnected|Connection reset by peer|Failed to read from zip file"
)
_RUNNING: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class Outcome:
    """The result of a run: its exit code and output."""

    code: int
    stdout: str
    stderr: str
    """With credentials masked."""


@dataclass(frozen=True)
class Program(ABC):
    """A program that uses package indexes, and the variables that tell it which."""

    command: tuple[str, ...]
    """The words that begin each of its command lines."""
    name: ClassVar[str]
    """Its name for people."""

    @property
    def own_indexes(self) -> OwnIndexes:
        """The indexes that its own variables name."""
        return NO_OTHERS

    @abstractmethod
    def variables(self, settings: IndexSettings, inherited: Mapping[str, str]) -> dict[str, str]:
        """The variables that pass `settings` to it, beside those it has `inherited`."""


def attempt(
    program: Program,
    arguments: Sequence[str],
    settings: IndexSettings,
    *,
    cwd: Path | None = None,
    extra_environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run `program` with `arguments`; return the outcome. Credentials are passed by environment, never on argv.

    A connection that breaks amid an answer looks to pip like the answer's end. Such a run is repeated as often as
    the settings say, at most three times. Raises IndexConfigurationError for unencrypted indexes, and UsageError
    for a setting for which this pip is too old.
    """
    check_encrypted(settings, program.own_indexes)
    environment = child_environment(program, settings) | dict(extra_environment or {})
    outcome = _once(program, arguments, environment, cwd)
    for pause in (0.5, 1.0, 2.0)[: settings.retries]:
        if not outcome.code or not _BROKEN_OFF.search(outcome.stderr):
            break
        time.sleep(pause)
        outcome = _once(program, arguments, environment, cwd)
    return outcome


def child_environment(program: Program, settings: IndexSettings) -> dict[str, str]:
    """`os.environ` with the variables for `settings`, and without variables that would divert the program."""
    inherited = inherited_environment()
    return inherited | program.variables(settings, inherited)


def end_running() -> None:
    """End every running uv and pip, for a caller that stops waiting for the threads that run them."""
    for process in list(_RUNNING):
        process.terminate()


def _once(program: Program, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None) -> Outcome:
    try:
        process = subprocess.Popen(
            [*program.command, *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # A closed umask: their caches hold build backends, which are executed later.
            umask=closed_umask() if os.name == "posix" else -1,
        )
    except OSError as problem:
        raise UsageError(
            f"{program.name} cannot be run: {problem.strerror or problem}",
            causes=[f"it was looked for at {program.command[0]}"],
            hint=f"mend that {program.name}, or choose the other resolver with --resolver",
        ) from problem
    with process:
        _RUNNING.add(process)
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            # Ctrl-C reaches the child too; any other signal reached only this process.
            process.terminate()
            raise
        finally:
            _RUNNING.discard(process)
    return Outcome(process.returncode, stdout, mask(stderr))


def run(
    program: Program,
    arguments: Sequence[str],
    *,
    settings: IndexSettings,
    error: type[PexliteError],
    message: str,
    hint: str | None = None,
    cwd: Path | None = None,
    extra_environment: Mapping[str, str] | None = None,
) -> str:
    """Run `program`; return its stdout. Raises `error(message)` with causes from stderr if it fails."""
    outcome = attempt(program, arguments, settings, cwd=cwd, extra_environment=extra_environment)
    if outcome.code:
        causes = essential_lines(outcome.stderr) or essential_lines(mask(outcome.stdout))
        raise error(message, causes=causes or [f"{program.name} ended with code {outcome.code}"], hint=hint)
    return outcome.stdout
