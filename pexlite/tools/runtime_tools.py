"""The tools of the runtime room for a built file, run by this pexlite's room or by the one in the file."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pexlite.archive.reader import read_manifest
from pexlite.archive.runtime_files import ROOM_DIRECTORY
from pexlite.archive.switches import switches
from pexlite.archive.trees import problems_of_trees
from pexlite.errors import PexliteError, TargetError, UsageError, VerificationFailed, WriteError
from pexlite.model import Manifest, no_report
from pexlite.targets.find import find_targets
from pexlite.tools.own_venv import own_python_here, python_in_venv

_ERRORS: dict[int, type[PexliteError]] = {2: UsageError, 5: WriteError, 6: VerificationFailed}
_LOOK = Path(__file__).with_name("run_tool.py")


@dataclass(frozen=True)
class VenvOptions:
    """How a venv is made of a file."""

    scope: Literal["all", "deps", "srcs"] = "all"
    """All of it, what others wrote, or local code."""
    python: str | None = None
    """A path, "python3.12" or "3.12", as for a build; by default the one that the file carries, else this
    Python if the file runs on it, else one on PATH."""
    bin_path: Literal["off", "prepend", "append"] | None = None
    """Where the venv's program `pex` puts its scripts on PATH; None: as the file does."""
    prompt: str | None = None
    compile: bool = False
    pip: bool = False
    system_site_packages: bool = False
    copies: bool = False
    force: bool = False
    """Make a venv anew that is there already, and replace an archive that pexlite did not make."""

    def words(self) -> Sequence[str]:
        """The options as the room's tool takes them."""
        flags = ("compile", "pip", "system_site_packages", "copies", "force")
        given = ["--scope", self.scope, *(f"--{name.replace('_', '-')}" for name in flags if getattr(self, name))]
        given += [f"--bin-path={self.bin_path}"] if self.bin_path else []
        return [*given, *([f"--prompt={self.prompt}"] if self.prompt is not None else [])]


def make_venv(path: Path, place: Path, options: VenvOptions = VenvOptions()) -> Path:
    """Make an ordinary venv of the file at `path` in `place`, or an archive of one (NAME.tar.gz); return `place`.

    No code of the file runs. Raises NotABundle, VerificationFailed, UsageError, TargetError, WriteError.
    """
    manifest = checked_manifest(path)
    own = None if options.python else own_python_here(path, manifest)
    if own and options.copies:
        raise UsageError(
            "the Python of the file lies in its venv, so --copies would do nothing",
            hint="leave it out, or name a Python of this machine: --python PYTHON",
        )
    with contextlib.ExitStack() as opened:
        program = str(find_targets([options.python], (), no_report)[0].interpreter) if options.python else None
        if own:
            program = str(opened.enter_context(python_in_venv(path, own, place, force=options.force)))
        command = [program or sys.executable, "-I", "-S", str(_LOOK), str(ROOM_DIRECTORY), _absolute(path)]
        # Without a `program`, run_tool.py itself execs another Python where this one does not fit.
        variables = {"PEX_CHOSEN_PYTHON": "1" if program else None, "PYTHONPATH": ""}
        _run([*command, "venv", _absolute(place), *options.words()], path, variables)
    return place


def checked_manifest(path: Path) -> Manifest:
    """The manifest of the file at `path`, all of whose files have places inside of an environment.

    Raises NotABundle, VerificationFailed.
    """
    manifest = read_manifest(path)
    problems = list(problems_of_trees(path, manifest))
    if problems:
        raise VerificationFailed(f"{path} is damaged, or not made by pexlite", causes=problems)
    return manifest


def unpack(path: Path) -> Path:
    """The app's directory in the cache, for the file at `path` and the running Python.

    The file is started for that, so its code runs. Raises NotABundle where pexlite did not make it, TargetError.
    """
    read_manifest(path)
    command = [sys.executable, _absolute(path), "warm"]
    return Path(_run(command, path, {"PEX_CHOSEN_PYTHON": "1", "PEX_TOOLS": "1"}).rstrip("\n"))


def _absolute(path: Path) -> str:
    """`path` in a form that no program takes for an option."""
    return str(path.absolute())


def _run(command: Sequence[str], path: Path, variables: dict[str, str | None]) -> str:
    """The stdout of `command`, a tool for the file at `path`. Raises the PexliteError that matches its failure."""
    done = _ended(command, {name: value for name, value in variables.items() if value is not None})
    if done.returncode == 0:
        return done.stdout
    lines = done.stderr.strip().splitlines() or [f"{path} ended with {done.returncode}"]
    hints = [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]
    kind = _ERRORS.get(done.returncode, TargetError)
    if kind is WriteError and not hints:
        hints = ["make room there, or name a place that can be written"]
    causes = [line for line in (*done.stdout.splitlines(), *lines[1:]) if not line.startswith("hint: ")]
    raise kind(lines[0].removeprefix("error: "), causes=causes, hint=hints[0] if hints else None)


def _ended(command: Sequence[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # Where the cache lives, and which Pythons there are, holds for a tool as well.
    also = {*switches("KEPT"), "PEX_PYTHON_PATH"}
    kept = {name: value for name, value in os.environ.items() if name[:4] != "PEX_" or name in also}
    try:
        return subprocess.run(
            command,
            env={**kept, **variables},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except OSError as failure:
        raise TargetError(
            f"{command[0]} cannot be started", causes=[failure.strerror or str(failure)], hint="--python PYTHON"
        ) from failure
