"""Wheels with different files at one installed path: in an installation one of them silently wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pexlite.bundle.tree import Overlap, member_of, overlaps
from pexlite.listed import listed
from pexlite.model import SITE_PACKAGES, Bundle, Entry, Kind, Wheel

Digests: TypeAlias = Callable[[Wheel, Sequence[str]], Mapping[str, str]]
"""Digests of the contents of some members of a wheel, by member."""


@dataclass(frozen=True)
class Collision:
    """Two wheels, and the installed paths where their contents differ."""

    loser: Wheel
    winner: Wheel
    """The wheel installed later, whose files remain."""
    paths: tuple[str, ...]
    """Relative to site-packages, or to the environment for scripts: `bin/run`."""

    def __str__(self) -> str:
        return (
            f"{self.loser.filename} and {self.winner.filename} have different files under one name: "
            f"{listed(self.paths)}; what the second has is used"
        )


def collisions(bundle: Bundle, digests: Digests) -> tuple[Collision, ...]:
    """Every pair of wheels of one variant that put different contents at one installed path.

    `digests` is called only for paths that two wheels share, so a bundle without shared paths costs next to
    nothing.
    """
    found: dict[tuple[str, str], Collision] = {}
    known: dict[tuple[str, str], str] = {}
    for together in dict.fromkeys(variant.wheels for variant in bundle.variants):
        wheels = [bundle.wheels[position] for position in together]
        for shared in _by_pair(wheels):
            loser, winner = (wheels[entry.wheel] for entry in shared[0])
            pair = loser.sha256, winner.sha256
            if pair not in found:
                first = _contents([overlap.loser for overlap in shared], wheels, digests, known)
                second = _contents([overlap.winner for overlap in shared], wheels, digests, known)
                paths = tuple(_shown(place) for place in first if first[place] != second[place])
                if paths:
                    found[pair] = Collision(loser, winner, paths)
    return tuple(found.values())


def _by_pair(wheels: Sequence[Wheel]) -> list[list[Overlap]]:
    """The overlaps of each pair of wheels."""
    pairs: dict[tuple[int, int], list[Overlap]] = {}
    for overlap in overlaps(wheels):
        pairs.setdefault((overlap.loser.wheel, overlap.winner.wheel), []).append(overlap)
    return list(pairs.values())


def _contents(
    entries: Sequence[Entry], wheels: Sequence[Wheel], digests: Digests, known: dict[tuple[str, str], str]
) -> dict[str, str]:
    """The digest of each of `entries`, which are of one wheel, by place; for a console script, what it calls."""
    wheel = wheels[entries[0].wheel]
    members = {entry.place: member_of(entry, wheels) for entry in entries if entry.kind is not Kind.CONSOLE_SCRIPT}
    missing = [member for member in members.values() if (wheel.sha256, member) not in known]
    if missing:
        known |= {(wheel.sha256, member): digest for member, digest in digests(wheel, missing).items()}
    return {
        entry.place: f"calls {entry.path}" if member is None else known[wheel.sha256, member]
        for entry in entries
        for member in (members.get(entry.place),)
    }


def _shown(place: str) -> str:
    return place.removeprefix(SITE_PACKAGES)
