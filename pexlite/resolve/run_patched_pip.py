"""pip as a program that runs through `patched_pip`, which changes what pip itself cannot be told."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.markers import Environment

from pexlite.errors import UsageError
from pexlite.model import Amendments
from pexlite.resolve import patched_pip
from pexlite.resolve.pip_program import PipProgram
from pexlite.resolve.run import Outcome


@dataclass(frozen=True)
class Ranked:
    """The indexes that pip may ask, which by itself has no ranks and no pins."""

    general: tuple[str, ...]
    """URLs, the first with the highest rank; "" is pip's default."""
    first: bool
    """Whether a project comes from the first of `general` that has it, not from all of them."""
    pinned: Mapping[str, str]
    """The URL of the one index of each project that is pinned to one."""


def patched(
    directory: Path,
    interpreter: Path,
    *,
    environment: Environment | None = None,
    amendments: Amendments | None = None,
    prefer_pure: bool = False,
    listing: Path | None = None,
    ranked: Ranked | None = None,
    preferred: Mapping[str, str] | None = None,
) -> PipProgram:
    """pip, run by `interpreter`, with the markers of `environment` and with `amendments` to wheels' requirements.

    With `ranked` pip asks for each project only the indexes that it may come from, with `prefer_pure` it takes the
    pure one of several wheels, and with `preferred` these versions of projects wherever they fit. With `listing`
    it writes every file it finds on an index there, and chooses none. `directory` gets a file with these orders.
    """
    place = importlib.util.find_spec("pip")
    assert place is not None
    assert place.origin is not None
    excluded: Sequence[str] = amendments.never_wanted() if amendments else ()
    orders = {
        "pip": str(Path(place.origin).parent.parent),
        "environment": environment,
        "excluded": excluded,
        "overrides": list(map(str, amendments.overrides if amendments else ())),
        "ranked": None if ranked is None else asdict(ranked),
        "prefer_pure": prefer_pure,
        "preferred": preferred or {},
        "listing": None if listing is None else str(listing),
    }
    file = directory / "orders.json"
    file.write_text(json.dumps(orders), encoding="utf-8")
    return PipProgram((str(interpreter), str(Path(patched_pip.__file__)), str(file)))


def default_index() -> str:
    """The address of the index that pip asks by default. Raises UsageError where pip does not tell."""
    if absent := patched_pip.absent_parts("pip._internal.models.index"):
        raise _unlike(patched_pip.pip_version(), absent)
    return patched_pip.default_index()


def check_like_pip(outcome: Outcome) -> None:
    """Raise UsageError where pip turned out to have other parts than `patched_pip` changes."""
    if outcome.code == patched_pip.UNLIKE and outcome.stderr.startswith('{"pip"'):
        told = json.loads(outcome.stderr)
        raise _unlike(told["pip"], told["absent"])


def _unlike(version: str, absent: Sequence[str]) -> UsageError:
    oldest, *_, newest = patched_pip.TRIED
    return UsageError(
        f"pip {version} is not built as pexlite knows it, so it cannot be told what it has no options for",
        causes=[*(f"it has no {part}, or another" for part in absent), f"tried with pip {oldest} to {newest}"],
        hint=f"python3 -m pip install 'pip>={oldest},<={newest}' beside pexlite, or --resolver uv",
    )
