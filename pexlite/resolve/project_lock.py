"""The lock beside a project: pylock.toml as it is, uv.lock through `uv export`; others are in `foreign`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.pylock import Pylock, PylockValidationError

from pexlite.errors import ResolutionError
from pexlite.model import IndexSettings, LockParts
from pexlite.pylock.extras_and_groups import wanted_parts
from pexlite.requirements.uv_workspaces import workspace_of
from pexlite.resolve.foreign.kinds import KINDS
from pexlite.resolve.resolver import Resolver

_NAMES = ("pylock.toml", "uv.lock", *KINDS)
_OF_A_SCRIPT = ".py.lock"


def is_of_uv(file: Path) -> bool:
    """Whether the lock `file` is one of uv's: of a project, or beside a script (job.py.lock)."""
    return file.name == "uv.lock" or file.name.endswith(_OF_A_SCRIPT)


@dataclass(frozen=True)
class ProjectLock:
    """A lock found beside a project."""

    lock: Pylock
    """Its relative paths start from the project's directory."""
    parts: LockParts


def find_lock(directory: Path) -> Path | None:
    """The lock of the project in `directory`: pylock.toml, uv.lock, another tool's, or its workspace's."""
    found = next((file for name in _NAMES if (file := directory / name).is_file()), None)
    if found is not None:
        return found
    root = workspace_of(directory)
    return root / "uv.lock" if root is not None and (root / "uv.lock").is_file() else None


def find_script_lock(script: Path) -> Path | None:
    """The lock that uv keeps beside a script; None where there is none."""
    file = script.with_name(f"{script.name}.lock")
    return file if file.name.endswith(_OF_A_SCRIPT) and file.is_file() else None


def read_project_lock(
    file: Path,
    project: Path,
    extras: Sequence[str],
    groups: Sequence[str],
    *,
    resolver: Resolver,
    settings: IndexSettings,
) -> ProjectLock:
    """The lock of the directory `project` in `file`, with the parts for `extras` and `groups`.

    `uv export` reads an existing uv.lock; it writes nothing, and fetches only files whose hashes the lock lacks.
    Raises ResolutionError.
    """
    if is_of_uv(file):
        words = [*(f"--extra={extra}" for extra in extras), *(f"--group={group}" for group in groups)]
        # The project itself is built from its sources.
        script = file.name.endswith(_OF_A_SCRIPT)
        words += ["--script", file.name.removesuffix(".lock")] if script else ["--no-emit-project"]
        text = resolver.exported(file, project, words, settings)
    else:
        text = _text(file)
    try:
        lock = Pylock.from_dict(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, PylockValidationError) as problem:
        raise ResolutionError(
            f"{file.name} beside the project cannot be read",
            causes=[str(problem)],
            hint="make it anew, or build without it: --no-lock",
        ) from problem
    return ProjectLock(lock, wanted_parts(lock, extras, groups))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ResolutionError(
            f"{file.name} beside the project cannot be read", causes=[str(problem)], hint="or build with --no-lock"
        ) from problem
