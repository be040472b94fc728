"""A Python that uv manages: found by `uv python find`, else got by `uv python install`."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from pexlite.errors import TargetError
from pexlite.resolve.uv_program import find_uv

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,80}", re.ASCII)
_SECONDS = 600


def python_of_uv(word: str) -> Path:
    """The program of the Python that `word` ("uv", "uv:3.12") names. Raises TargetError."""
    wanted = word.partition(":")[2]
    if ":" in word and not _VERSION.fullmatch(wanted):
        raise TargetError(f"--python-from {word} names no version", hint="write --python-from uv:3.12")
    uv = find_uv()
    if uv is None:
        raise TargetError(
            f"--python-from {word} needs uv, which is not here",
            hint="pip install 'pexlite[uv]', or name a directory or an archive of a Python",
        )
    found = _find(uv.command, wanted)
    if found.returncode:
        installed = _run(uv.command, "install", *([wanted] if wanted else []))
        found = _find(uv.command, wanted) if installed.returncode == 0 else found
        if found.returncode:
            raise TargetError(
                f"--python-from {word}: uv has no such Python, and gets none",
                causes=_last(installed.stderr) or _last(found.stderr),
                hint="what it has: uv python list --managed-python; or name a directory or an archive of a Python",
            )
    return Path(found.stdout.strip())


def _find(command: tuple[str, ...], wanted: str) -> subprocess.CompletedProcess[str]:
    return _run(command, "find", "--no-project", "--system", *([wanted] if wanted else []))


def _run(command: tuple[str, ...], verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Not where a project or a .python-version could have a say.
    variables = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PYTHON")}
    try:
        return subprocess.run(
            [*command, "python", verb, "--managed-python", *arguments],
            capture_output=True,
            text=True,
            cwd="/",
            env={**variables, "NO_COLOR": "1", "UV_NO_PROGRESS": "1"},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise TargetError("uv cannot be run", causes=[str(problem)]) from problem


def _last(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][-3:]
