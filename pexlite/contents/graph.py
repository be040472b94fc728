"""Who brings whom: the requirements that hold on some Python of a file, from what was asked for downwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from pexlite.contents.values import Dependency, HeldWheel
from pexlite.wheels.metadata import parse_requirement

# "extra == 'socks'" in whichever way it is written, alone or joined to the rest of a marker by "and"
_EXTRA = re.compile(r"""\s*(?:and\s+)?\bextra\s*==\s*(["'])(?P<name>[^"']*)\1(?:\s+and\b)?\s*""")
_OF_A_LOCK = re.compile(r"\b(?:extras|dependency_groups)\b")


@dataclass(frozen=True)
class Roots:
    """The requirements that a file was built from, and the Pythons that it runs on."""

    requirements: Sequence[str]
    environments: Sequence[Sequence[Mapping[str, str]]]
    """The marker variables of every Python, by variant; of a file without variants there is one."""
    excluded: Sequence[str] = ()
    overridden: Sequence[str] = ()
    complete: bool = True
    """Whether the Pythons are known: if not, a requirement with a marker that is not met may not hold."""


def dependencies(roots: Roots, wheels: Sequence[HeldWheel]) -> tuple[Dependency, ...]:
    """The requirements that hold, each once, by who requires it; those of the file itself first.

    Wheels that nobody requires come in any way, as roots of their own requirements. Cycles end where they close;
    lines that are no requirements are passed over.
    """
    walk = _Walk(roots, wheels)
    walk.follow("", roots.requirements, "", ())
    walk.to_the_end()
    for wheel in wheels:
        walk.start_at(wheel.name)
        walk.to_the_end()
    return tuple(sorted(walk.found, key=lambda one: (one.by, one.name, one.of_extra, one.requirement)))


@dataclass
class _Walk:
    """A walk through the graph of `wheels`."""

    roots: Roots
    wheels: Sequence[HeldWheel]
    found: dict[Dependency, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name: dict[str, list[HeldWheel]] = {}
        for wheel in self.wheels:
            self._by_name.setdefault(wheel.name, []).append(wheel)
        self._done: set[tuple[str, str]] = set()
        self._queue: list[tuple[str, str]] = []
        self._holds: dict[tuple[str, str, tuple[int, ...]], bool] = {}
        self._everywhere = [env for each in self.roots.environments for env in each]
        self._without = {canonicalize_name(one.name) for one in map(_parsed, self.roots.excluded) if one}
        self._instead: dict[str, list[Requirement]] = {}
        for over in filter(None, map(_parsed, self.roots.overridden)):
            self._instead.setdefault(canonicalize_name(over.name), []).append(over)

    def start_at(self, name: str, extra: str = "") -> None:
        """Put the project into the queue, unless it has been there."""
        if (name, extra) not in self._done:
            self._done.add((name, extra))
            self._queue.append((name, extra))

    def to_the_end(self) -> None:
        """Follow everything in the queue."""
        while self._queue:
            name, extra = self._queue.pop()
            for wheel in self._by_name.get(name, ()):
                self.follow(name, wheel.requires, extra, wheel.variants)

    def follow(self, by: str, lines: Iterable[str], extra: str, variants: tuple[int, ...]) -> None:
        """Add those of `lines` that hold with `extra` in one of `variants`, and queue what they require.

        No variants are all of them.
        """
        for line in lines:
            # Of a project's lines most are about extras that nobody has asked for.
            about_extra = "extra" in line.partition(";")[2]
            if about_extra == bool(extra) or (about_extra and _OF_A_LOCK.search(line)):
                written = _parsed(line)
                for one in self._instead.get(canonicalize_name(written.name), [written]) if written else ():
                    self._add(by, one, extra, variants)

    def _add(self, by: str, requirement: Requirement, extra: str, variants: tuple[int, ...]) -> None:
        name = canonicalize_name(requirement.name)
        there = name in self._by_name
        marker = requirement.marker
        if marker is not None and not self._is_met(marker, extra, variants, there=there):
            return
        if not there and (name in self._without or (marker and not self.roots.complete)):
            return
        asked = tuple(sorted(map(canonicalize_name, requirement.extras)))
        words = f"{requirement.name}{requirement.specifier}"
        left = _EXTRA.sub("", str(marker)) if marker else ""
        self.found[Dependency(by, name, words, asked, extra, left, there)] = None
        for one in ("", *asked):
            self.start_at(name, one)

    def _is_met(self, marker: Marker, extra: str, variants: tuple[int, ...], *, there: bool) -> bool:
        text = str(marker)
        if _OF_A_LOCK.search(text):
            return there  # which extras of the lock were wanted, a file does not say
        key = (text, extra, variants)
        if key not in self._holds:
            environments = [one for place in variants for one in self.roots.environments[place]]
            self._holds[key] = any(
                _evaluated(marker, {**one, "extra": extra}) for one in environments or self._everywhere
            )
        return self._holds[key]


def _evaluated(marker: Marker, environment: dict[str, str]) -> bool:
    try:
        return marker.evaluate(cast("dict[str, str | frozenset[str]]", environment))
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion, ValueError):
        return False


def _parsed(line: str) -> Requirement | None:
    try:
        return parse_requirement(line)
    except (InvalidRequirement, RecursionError):
        return None
