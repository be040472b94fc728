"""Wheels that bring different files under one name: in an installation one of them silently wins."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from pexlite.model import Bundle, Wheel

Digests: TypeAlias = Callable[[Wheel, Sequence[str]], Mapping[str, str]]
"""Digests of the contents of some members of a wheel, by member."""

_MOST_SHOWN = 3
_SCRIPT_GROUPS = ("gui_scripts", "console_scripts")


@dataclass(frozen=True)
class Collision:
    """Two wheels, and the installed paths at which they have different contents."""

    loser: Wheel
    winner: Wheel
    """The one installed later, whose files are there in the end."""
    paths: tuple[str, ...]
    """As they lie in site-packages, or beside it: `bin/run`."""

    def __str__(self) -> str:
        shown = ", ".join(self.paths[:_MOST_SHOWN])
        more = f" and {len(self.paths) - _MOST_SHOWN} more" if len(self.paths) > _MOST_SHOWN else ""
        return (
            f"{self.loser.filename} and {self.winner.filename} have different files under one name: "
            f"{shown}{more}; what the second has is used"
        )


def collisions(bundle: Bundle, digests: Digests) -> tuple[Collision, ...]:
    """Every pair of wheels of one variant that put different contents at one installed path.

    `digests` is asked only about paths that really are in both, so that a bundle without any costs next to
    nothing.
    """
    found: dict[tuple[str, str], Collision] = {}
    known: dict[tuple[Wheel, str], str] = {}
    for together in dict.fromkeys(variant.wheels for variant in bundle.variants):
        wheels = [bundle.wheels[position] for position in together]
        for (loser, winner), shared in _overlaps(wheels).items():
            pair = loser.wheel.sha256, winner.wheel.sha256
            if pair not in found:
                first = _contents(loser, shared, digests, known)
                second = _contents(winner, shared, digests, known)
                paths = tuple(place.path for place in shared if first[place] != second[place])
                if paths:
                    found[pair] = Collision(loser.wheel, winner.wheel, paths)
    return tuple(found.values())


class _Place(NamedTuple):
    """An installed path; a tuple, since wheels with much data have thousands of them to hash."""

    beside: bool
    """Whether it is beside site-packages rather than in it."""
    path: str


@dataclass(frozen=True, eq=False)
class _Installed:
    """What a wheel installs that does not simply lie in site-packages as it lies in the wheel."""

    wheel: Wheel
    members: Mapping[_Place, str]
    """The members under `.data`."""
    references: Mapping[_Place, str]
    """Console scripts: what they call."""

    @functools.cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self.wheel.files)


def _overlaps(wheels: Sequence[Wheel]) -> dict[tuple[_Installed, _Installed], list[_Place]]:
    """The places that two wheels share, by pair; of more than two, each with the next."""
    # Two passes over all names, both inside set: bundles have tens of thousands of files, and seldom two alike.
    seen: set[str] = set()
    before: list[_Installed] = []
    moved_owners: dict[_Place, _Installed] = {}
    found: dict[tuple[_Installed, _Installed], list[_Place]] = {}
    for wheel in wheels:
        here = _installed(wheel)
        if not seen.isdisjoint(wheel.files):
            for path in sorted(seen.intersection(wheel.files)):
                if "__pycache__/" not in path:
                    found.setdefault((_owner(before, path), here), []).append(_Place(False, path))
        moved = {**here.members, **here.references}
        for place in moved:
            # What .data/purelib has can also meet what others have in site-packages plainly.
            owner = moved_owners.get(place)
            if owner is None and not place.beside and place.path in seen:
                owner = _owner(before, place.path)
            if owner is not None:
                found.setdefault((owner, here), []).append(place)
        for place in [place for place in moved_owners if not place.beside and place.path in here.names]:
            found.setdefault((moved_owners[place], here), []).append(place)
        seen.update(wheel.files)
        before.append(here)
        moved_owners.update(dict.fromkeys(moved, here))
    return found


def _owner(before: Sequence[_Installed], path: str) -> _Installed:
    """The last of those `before` that has `path` in site-packages as it lies in the wheel."""
    return next(installed for installed in reversed(before) if path in installed.names)


def _installed(wheel: Wheel) -> _Installed:
    members = {place: member for member in wheel.files if ".data/" in member for place in _moved(member)}
    references = {
        _Place(True, f"bin/{name}"): value
        for group in _SCRIPT_GROUPS
        for name, value in wheel.entry_points.get(group, {}).items()
    }
    return _Installed(wheel, members, references)


def _moved(member: str) -> Iterator[_Place]:
    """Where a member under `name-version.data` goes; nothing for a directory that merely ends so elsewhere."""
    top, _, rest = member.partition("/")
    scheme, _, path = rest.partition("/")
    if not top.endswith(".data") or not path:
        return
    if scheme in ("purelib", "platlib"):
        yield _Place(False, path)
    elif scheme in ("scripts", "headers", "data"):
        yield _Place(True, {"scripts": "bin/", "headers": "include/site/", "data": ""}[scheme] + path)


def _contents(
    installed: _Installed, places: Sequence[_Place], digests: Digests, known: dict[tuple[Wheel, str], str]
) -> dict[_Place, str]:
    """What tells the contents at `places` apart: digests of files, and what console scripts call."""
    wheel = installed.wheel
    members = {
        place: installed.members.get(place, place.path) for place in places if place not in installed.references
    }
    missing = [member for member in members.values() if (wheel, member) not in known]
    if missing:
        known |= {(wheel, member): digest for member, digest in digests(wheel, missing).items()}
    calls = {
        place: f"calls {''.join(call.split())}"
        for place, call in installed.references.items()
        if place in set(places)
    }
    return calls | {place: known[wheel, member] for place, member in members.items()}
