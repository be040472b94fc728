"""Where uv and pip are, and a run of either with failures as errors of pexlite."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pexlite.errors import PexliteError, UsageError
from pexlite.installers.explain import essential_lines, mask
from pexlite.installers.installer import Installer
from pexlite.installers.words import child_environment
from pexlite.model import IndexSettings


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    code: int
    stdout: str
    stderr: str
    """Without credentials."""


def find_installer(choice: str) -> Installer:
    """The program that `choice` names: "uv", "pip", or "auto" for uv where there is one.

    uv is the one of the `uv` package beside pexlite, else the one on PATH.
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
    """How `installer` ended when it was run with `arguments`; credentials go by environment, never on argv."""
    environment = child_environment(installer, settings) | dict(extra_environment or {})
    try:
        done = subprocess.run(
            [*installer.command, *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as problem:
        raise UsageError(
            f"{installer.name} cannot be run: {problem.strerror or problem}",
            causes=[f"it was looked for at {installer.command[0]}"],
            hint=f"mend that {installer.name}, or choose the other resolver with --resolver",
        ) from problem
    return Outcome(done.returncode, done.stdout, mask(done.stderr))


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
    """What `installer` wrote to stdout. A failure is `error(message)` with the lines that explain it as causes."""
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
    return shutil.which("uv")
