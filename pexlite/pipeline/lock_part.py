"""The part of a lock that some requirements need, fetched as far as their closure leads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.pylock import Package, Pylock
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.bundle.closure import Lack, follow
from pexlite.errors import ResolutionError
from pexlite.fetch.collect import collect
from pexlite.model import Amendments, LockParts, Root, Target, Wheel
from pexlite.pipeline.prepare import Prepared
from pexlite.pylock.artifact import LOCK
from pexlite.pylock.dependencies import reached
from pexlite.pylock.rules import LockRules
from pexlite.pylock.select import applies, select, wheels_given


@dataclass(frozen=True)
class LockPart:
    """The packages of a lock that some requirements need, with their wheels in the store."""

    lock: Pylock
    wheels: tuple[Wheel, ...]
    roots: tuple[Root, ...]
    """The packages that the requested extras and groups of the lock bring in."""
    unmet: tuple[Lack, ...]
    """The requirements that the lock does not satisfy; the closure tells what others need."""


def part_of(prepared: Prepared, lock: Pylock, file: Path, parts: LockParts, amendments: Amendments) -> LockPart:
    """The part of `lock`, read from `file`, that the requirements of the request need on its targets.

    Where the lock records no dependencies, or too few, METADATA of the wheels at hand says what to fetch next. It
    alone decides what goes in.
    """
    own = tuple(entry.wheel for entry in prepared.local)
    optional = _optional_roots(prepared, lock, parts)
    roots = (*prepared.roots, *optional)
    locked = {package.name for package in lock.packages}
    part, wheels = replace(lock, packages=[]), tuple[Wheel, ...]()
    select(part, prepared.targets, parts, LockRules(given=True))  # says it where the lock is for others
    while True:
        at_hand = [(target, (*own, *wheels_given(part, target, parts, wheels))) for target in prepared.targets]
        needed, lacks = _followed(roots, at_hand, amendments)
        there = {package.name for package in part.packages}
        missing = {canonicalize_name(lack.requirement.name) for lack in lacks} & locked - there
        if not missing:
            break
        more = reached(lock, missing) - there
        fetched = replace(lock, packages=_packages(lock, more))
        wheels += collect(fetched, prepared.workshop, file.parent, parts, teller=LOCK)
        part = replace(lock, packages=_packages(lock, there | more))
    asked = {str(root.requirement) for root in prepared.roots}
    kept = tuple(
        sorted(
            (wheel for wheel in wheels if wheel.sha256 in needed), key=lambda wheel: (wheel.name, wheel.version)
        )
    )
    return LockPart(part, kept, optional, tuple(lack for lack in lacks if str(lack.requirement) in asked))


def check_has_all(part: LockPart, whole: Pylock, file: Path) -> None:
    """Raise ResolutionError for requirements that `part` does not satisfy, out of the lock `whole` in `file`."""
    if not part.unmet:
        return
    names = list(dict.fromkeys(lack.requirement.name for lack in part.unmet))
    near = _near(names, [package.name for package in whole.packages])
    raise ResolutionError(
        f"{file.name} does not have {' and '.join(names)} as asked for",
        causes=[str(lack) for lack in part.unmet],
        hint=f"did you mean {' and '.join(near)}?" if near else "lock again with it, or build without --lock",
    )


def _near(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The nearest spelling among `known` for each of `names` that is not there."""
    unknown = [name for name in map(canonicalize_name, names) if name not in known]
    return [near for name in unknown for near in difflib.get_close_matches(name, sorted(known), n=1)]


def _optional_roots(prepared: Prepared, lock: Pylock, parts: LockParts) -> tuple[Root, ...]:
    """A root for each package that `lock` has only for the requested extras and groups."""
    usual = LockParts()
    found = []
    for package in lock.packages:
        if package.marker is not None and any(
            applies(lock, package, target, parts) and not applies(lock, package, target, usual)
            for target in prepared.targets
        ):
            found.append(Root(Requirement(f"{package.name} ; {package.marker}"), "the lock", parts=parts))
    return tuple(found)


def _packages(lock: Pylock, names: Iterable[NormalizedName]) -> list[Package]:
    wanted = frozenset(names)
    return [package for package in lock.packages if package.name in wanted]


def _followed(
    roots: Sequence[Root], at_hand: Iterable[tuple[Target, Sequence[Wheel]]], amendments: Amendments
) -> tuple[set[str], tuple[Lack, ...]]:
    """The sha256 of all wheels that `roots` need on any target, and each requirement that no wheel satisfies."""
    needed: set[str] = set()
    lacks: dict[str, Lack] = {}
    for target, wheels in at_hand:
        found, lacking = follow(roots, wheels, target, amendments)
        needed |= {wheel.sha256 for wheel in found}
        lacks |= {str(lack): lack for lack in lacking}
    return needed, tuple(lacks.values())
