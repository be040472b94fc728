"""Find uv and pip, and run them; their failures become errors of pexlite."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pexlite.addresses import mask
from pexlite.errors import PexliteError, UsageError
from pexlite.files.places import closed_umask
from pexlite.files.programs import find_program
from pexlite.indexes.arguments import child_environment
from pexlite.indexes.indexes import check_encrypted
from pexlite.model import IndexSettings
from pexlite.model.installer import Installer
from pexlite.resolve.stderr import essential_lines

# uv, which reads wheels as they come, takes half of one for a bad one.
_BROKEN_OFF = re.compile(
    r"IncompleteRead|Connection broken|RemoteDisconnected|Connection reset by peer|Failed to read from zip file"
)
_FIRST_PIP_WITH_DATES = 26
_RUNNING: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class Outcome:
    """The result of a run: its exit code and what it wrote."""

    code: int
    stdout: str
    stderr: str
    """With credentials masked."""


def find_installer(choice: str) -> Installer:
    """The program that `choice` names: "uv", "pip", or "auto" for uv where there is one.

    uv comes from the `uv` package beside pexlite, else from PATH. Raises UsageError for a uv that is absent.
    """
    if choice not in ("auto", "uv", "pip"):
        raise UsageError(f"there is no resolver {choice!r}", hint="choose one: --resolver auto, uv or pip")
    if choice == "pip":
        return pip()
    binary = _uv_binary()
    if binary is not None:
        return Installer("uv", (binary,))
    if choice == "uv":
        raise UsageError(
            "uv was asked for and is not here",
            causes=["no uv package beside pexlite", "no uv on PATH"],
            hint="pip install 'pexlite[uv]'",
        )
    return pip()


def pip() -> Installer:
    """The pip of the Python that runs pexlite, which is always there."""
    # -P: a pip.py or logging.py in the current directory must not be imported.
    return Installer("pip", (sys.executable, "-P", "-m", "pip"))


def attempt(
    installer: Installer,
    arguments: Sequence[str],
    settings: IndexSettings,
    *,
    cwd: Path | None = None,
    extra_environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run `installer` with `arguments` and return how it ended; credentials go by environment, never on argv.

    A connection that breaks in the middle of an answer looks to pip like the end of it. Such a run is repeated as
    often as the settings say, at most three times. Raises IndexConfigurationError for indexes without encryption,
    and UsageError for a setting that this pip is too old for.
    """
    check_encrypted(installer, settings)
    _check_takes_dates(installer, settings)
    environment = child_environment(installer, settings) | dict(extra_environment or {})
    outcome = _once(installer, arguments, environment, cwd)
    for pause in (0.5, 1.0, 2.0)[: settings.retries]:
        if not outcome.code or not _BROKEN_OFF.search(outcome.stderr):
            break
        time.sleep(pause)
        outcome = _once(installer, arguments, environment, cwd)
    return outcome


def _check_takes_dates(installer: Installer, settings: IndexSettings) -> None:
    """Raise UsageError where pip would pass over a date: before 26 it does not know PIP_UPLOADED_PRIOR_TO."""
    if installer.name != "pip" or not settings.uploaded_prior_to:
        return
    here = importlib.metadata.version("pip")
    if int(here.partition(".")[0]) < _FIRST_PIP_WITH_DATES:
        raise UsageError(
            f"pip {here} knows no --uploaded-prior-to, and would take what is newer",
            hint=f"python3 -m pip install 'pip>={_FIRST_PIP_WITH_DATES}' beside pexlite, or --resolver uv",
        )


def end_running() -> None:
    """Tell every running uv and pip to end, for a caller that stops waiting for the threads that run them."""
    for process in list(_RUNNING):
        process.terminate()


def _once(
    installer: Installer, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None
) -> Outcome:
    try:
        process = subprocess.Popen(
            [*installer.command, *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # Their caches have build backends in them, which run.
            umask=closed_umask() if os.name == "posix" else -1,
        )
    except OSError as problem:
        raise UsageError(
            f"{installer.name} cannot be run: {problem.strerror or problem}",
            causes=[f"it was looked for at {installer.command[0]}"],
            hint=f"mend that {installer.name}, or choose the other resolver with --resolver",
        ) from problem
    with process:
        _RUNNING.add(process)
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            # Ctrl-C reached it as well; another signal reached us alone.
            process.terminate()
            raise
        finally:
            _RUNNING.discard(process)
    return Outcome(process.returncode, stdout, mask(stderr))


def run(
    installer: Installer,
    arguments: Sequence[str],
    *,
    settings: IndexSettings,
    error: type[PexliteError],
    message: str,
    hint: str | None = None,
    cwd: Path | None = None,
    extra_environment: Mapping[str, str] | None = None,
) -> str:
    """Run `installer` and return its stdout; if it fails, raise `error(message)` with causes from its stderr."""
    outcome = attempt(installer, arguments, settings, cwd=cwd, extra_environment=extra_environment)
    if outcome.code:
        causes = essential_lines(outcome.stderr) or essential_lines(mask(outcome.stdout))
        raise error(message, causes=causes or [f"{installer.name} ended with code {outcome.code}"], hint=hint)
    return outcome.stdout


def _uv_binary() -> str | None:
    # The package is asked only when it is there: importing it just to fail would cost a search of sys.path twice.
    if importlib.util.find_spec("uv") is not None:
        import uv

        try:
            return os.fspath(uv.find_uv_bin())
        except FileNotFoundError:
            # The package without its binary, as some distributions split it; PATH may have it.
            pass
    found = find_program("uv")
    return str(found) if found else None
