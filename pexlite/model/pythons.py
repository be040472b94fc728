"""Which Pythons a set of wheels serves, as tags: "cp39" is one, "cp310+" is that one and every newer one.

Where nothing in the wheels ends it, a range has no end: what markers, Requires-Python and tags allow is true of
Pythons that are yet to come. What starts a file reads the same tags (runtime/pythons.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

NEWEST = {"cp": 15, "pp": 11}
"""The newest minor versions in existence, by the prefix of tags."""
YET_TO_COME = 30
"""A minor version that stands for all that are yet to come."""

_TAG = re.compile(r"(?P<prefix>[a-z]+)3(?P<minor>\d+)(?P<free>t?)(?P<abi>_\w+)?(?P<newer>\+?)")

Span: TypeAlias = tuple[int, int | None]
"""The first and last minor version of a run; None where it has no end."""


@dataclass(frozen=True, order=True)
class Family:
    """All Pythons whose tags differ in the minor version only: "cp", or "cp" with "t" for free-threaded."""

    prefix: str
    free: str = ""
    abi: str = ""

    def tag(self, minor: int) -> str:
        """The tag of the Python of this minor version."""
        return f"{self.prefix}3{minor}{self.free}{'_' if self.abi else ''}{self.abi}"


def serves(pythons: Iterable[str], python: str) -> bool:
    """Whether `python`, as in `Target.python`, is one of `pythons` or newer than one that has a plus."""
    family, minor, _ = _parsed(python)
    for tag in pythons:
        served, oldest, newer = _parsed(tag)
        alike = (served.prefix, served.free) == (family.prefix, family.free)
        if alike and (minor == oldest or (newer and minor > oldest)):
            return True
    return False


def as_rule(pythons: Iterable[str]) -> tuple[str, ...]:
    """`pythons`, oldest first; those of a range that has no end as one tag with a plus: "cp310+".

    A range has no end where it goes on to the newest Python or further, and the one that is yet to come is served.
    """
    tags: list[str] = []
    for kind, minors in sorted(_minors(pythons).items()):
        finite = [minor for minor in minors if minor != YET_TO_COME]
        oldest = None
        if len(finite) < len(minors) and finite and finite[-1] >= NEWEST.get(kind.prefix, 0):
            oldest = finite.pop()
            while finite and finite[-1] == oldest - 1:
                oldest = finite.pop()
        tags += [*map(kind.tag, finite), *([f"{kind.tag(oldest)}+"] if oldest is not None else [])]
    return tuple(tags)


def is_unsure_of_the_next(pythons: Iterable[str]) -> bool:
    """Whether of some kind either the newest Python is among `pythons` or the one yet to come, but not both."""
    return any(
        (NEWEST.get(kind.prefix) in minors) != (YET_TO_COME in minors) for kind, minors in _minors(pythons).items()
    )


def known(pythons: Iterable[str], ahead: int = 0) -> tuple[str, ...]:
    """Each of `pythons` that exists, oldest first; of a range without end also the next `ahead` minor versions."""
    tags: list[str] = []
    for tag in pythons:
        family, oldest, newer = _parsed(tag)
        newest = max(NEWEST.get(family.prefix, 0) + ahead, oldest) if newer else oldest
        tags += [Family(family.prefix, family.free).tag(minor) for minor in range(oldest, newest + 1)]
    return tuple(dict.fromkeys(tags))


def spans(pythons: Iterable[str]) -> dict[Family, list[Span]]:
    """The runs of versions in `pythons`, by family."""
    found: dict[Family, list[Span]] = {}
    for family, minor, newer in sorted(map(_parsed, pythons)):
        runs = found.setdefault(family, [])
        first = runs.pop()[0] if runs and runs[-1][1] == minor - 1 else minor
        runs.append((first, None if newer else minor))
    return found


def _minors(pythons: Iterable[str]) -> dict[Family, list[int]]:
    """The minor versions of each family, in order."""
    found: dict[Family, set[int]] = {}
    for tag in pythons:
        family, minor, _ = _parsed(tag)
        found.setdefault(family, set()).add(minor)
    return {family: sorted(minors) for family, minors in found.items()}


def _parsed(tag: str) -> tuple[Family, int, bool]:
    found = _TAG.fullmatch(tag)
    if found is None:
        raise ValueError(f"{tag!r} is no tag of a Python")
    return (
        Family(found["prefix"], found["free"], (found["abi"] or "").lstrip("_")),
        int(found["minor"]),
        bool(found["newer"]),
    )
