"""The tools that a built file carries (PEX_TOOLS=1), run by a Python that fits it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pexlite import archive
from pexlite.errors import PexliteError, TargetError, UsageError, VerificationFailed, WriteError

_ERRORS: dict[int, type[PexliteError]] = {2: UsageError, 5: WriteError, 6: VerificationFailed}
_KEPT = ("PEX_ROOT", "PEX_KEEP_DAYS", "PEX_PYTHON_PATH")


def make_venv(
    path: Path,
    place: Path,
    *,
    scope: str = "all",
    compiled: bool = False,
    python: str | None = None,
    force: bool = False,
) -> Path:
    """Make an ordinary venv of the file at `path` in `place`, or an archive of one (NAME.tar.gz); return `place`.

    `scope` is "all", "deps" (what others wrote) or "srcs" (the builder's own code). Without `python` it is this
    Python where the file runs on it, else one on PATH. What pexlite did not make is added to or replaced only with
    `force`. Raises UsageError, TargetError, WriteError.
    """
    more = ["--compile"] * compiled + ["--force"] * force
    run(path, ["venv", str(place), "--scope", scope, *more], python)
    return place


def unpack(path: Path) -> Path:
    """The app's directory of the file at `path`, in the cache, for the running Python. Raises TargetError."""
    return Path(run(path, ["warm"], sys.executable).rstrip("\n"))


def run(path: Path, arguments: Sequence[str], python: str | None = None) -> str:
    """Run a tool of the file at `path` and return its stdout. Its failure is raised as the matching PexliteError.

    Raises NotABundle where pexlite did not make the file.
    """
    archive.read_manifest(path)
    done = _run([python or sys.executable, str(path), *arguments], {"PEX_PYTHON": python} if python else {})
    if done.returncode == 0:
        return done.stdout
    lines = done.stderr.strip().splitlines() or [f"{path} ended with {done.returncode}"]
    hints = [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]
    kind = _ERRORS.get(done.returncode, TargetError)
    causes = [line for line in (*done.stdout.splitlines(), *lines[1:]) if not line.startswith("hint: ")]
    raise kind(lines[0].removeprefix("error: "), causes=causes, hint=hints[0] if hints else None)


def _run(command: list[str], more: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name[:4] != "PEX_" or name in _KEPT}
    try:
        return subprocess.run(
            command,
            env={**environment, **more, "PEX_TOOLS": "1"},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except OSError as failure:
        raise TargetError(
            f"{command[0]} cannot be started", causes=[failure.strerror or str(failure)], hint="--python PYTHON"
        ) from failure
