"""The closure: all wheels that some requirements need on one target, or what is missing and who requires it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pexlite.errors import ClosureIncomplete
from pexlite.model import Amendments, LockParts, Root, Target, Wheel

_Variables: TypeAlias = dict[str, str | frozenset[str]]
_AS_ASKED = Amendments()
_NO_PARTS = LockParts()
_ADD = "add what is missing to the requirements; where a lock leaves it out, lock again"
# All of it is here: no requirement that is added would help.
_FIT = "build where they fit (--python, --platform), or ask for versions that fit here"


@dataclass(frozen=True)
class Lack:
    """A requirement that no wheel at hand satisfies on a target."""

    requirement: Requirement
    origin: str
    """Who requires it: the root's origin, or a wheel's file name."""
    here: Wheel | None
    """The project's wheel, in a version that does not satisfy; None where none of its wheels fits the target."""
    others: tuple[str, ...] = ()
    """The file names of the project's wheels when none of them fits the target."""
    pythons: tuple[str, ...] = ()
    """The Pythons (Requires-Python) of those that would fit the target but for its Python."""

    @property
    def project(self) -> NormalizedName:
        """The name of the project that lacks a wheel."""
        return canonicalize_name(self.requirement.name)

    def __str__(self) -> str:
        shown = f"{self.requirement.name}{self.requirement.specifier}, asked for by {self.origin},"
        if self.here is not None:
            return f"{shown} but {self.here.filename} is here"
        if self.others:
            only = f", for Python {' or '.join(self.pythons)}" if self.pythons else ""
            return f"{shown} has no wheel that fits: here is {', '.join(self.others)}{only}"
        return f"{shown} is not here"


def closure(
    roots: Sequence[Root], wheels: Sequence[Wheel], target: Target, amendments: Amendments = _AS_ASKED
) -> tuple[Wheel, ...]:
    """The wheels that `roots` need on `target`, in installation order: by name, local code last.

    Follows Requires-Dist with `target`'s markers and the requested extras (PEP 508), and picks each project's
    newest version, and of that version the best wheel by tag (PEP 425). Projects that `amendments` exclude stay
    out, with everything that only they need; overrides replace all requirements on their projects. Raises
    ClosureIncomplete naming every missing project and who requires it.
    """
    needed, lacks = follow(roots, wheels, target, amendments)
    if lacks:
        raise ClosureIncomplete(
            f"the wheels at hand are not enough for {target.name}",
            causes=list(dict.fromkeys(map(str, lacks))),
            hint=_ADD if any(not lack.others for lack in lacks) else _FIT,
        )
    return needed


def follow(
    roots: Sequence[Root], wheels: Sequence[Wheel], target: Target, amendments: Amendments = _AS_ASKED
) -> tuple[tuple[Wheel, ...], tuple[Lack, ...]]:
    """The wheels of the closure that are at hand, and every requirement that no wheel satisfies."""
    return _walk(roots, _best_wheels(wheels, target), wheels, target, amendments)


def closes_with(
    roots: Sequence[Root], wheels: Sequence[Wheel], target: Target, amendments: Amendments = _AS_ASKED
) -> bool:
    """Whether the closure of `roots` on `target` is exactly `wheels`."""
    best = _best_wheels(wheels, target)
    if len(best) != len(wheels):
        return False
    needed, lacks = _walk(roots, best, wheels, target, amendments)
    return not lacks and len(needed) == len(wheels)


def unknown_extras(roots: Sequence[Root], wheels: Sequence[Wheel]) -> tuple[str, ...]:
    """A notice for each requested extra that no wheel of its project provides: it adds nothing."""
    known: dict[NormalizedName, set[str]] = {}
    for wheel in wheels:
        known.setdefault(wheel.name, set()).update(map(canonicalize_name, wheel.provides_extra))
    words = []
    for root in roots:
        name = canonicalize_name(root.requirement.name)
        for extra in sorted(root.requirement.extras):
            if name in known and canonicalize_name(extra) not in known[name]:
                there = ", ".join(sorted(known[name])) or "none"
                words.append(f"{root.requirement.name} has no extra {extra}; it has {there}")
    return tuple(dict.fromkeys(words))


def _best_wheels(wheels: Iterable[Wheel], target: Target) -> dict[NormalizedName, Wheel]:
    """For each project, the wheel that an installer would choose on `target`."""
    rank = _ranks(target)
    worst = len(rank)
    best: dict[NormalizedName, tuple[tuple[Version, int, tuple[()] | tuple[int, str]], Wheel]] = {}
    for wheel in wheels:
        tag_rank = min((rank.get(tag, worst) for tag in wheel.tags), default=worst)
        if tag_rank == worst:
            continue
        if not target.takes(wheel.requires_python):
            continue
        merit = (wheel.version, -tag_rank, wheel.build)
        if wheel.name not in best or merit > best[wheel.name][0]:
            best[wheel.name] = (merit, wheel)
    return {name: wheel for name, (_, wheel) in best.items()}


_RANKS: dict[int, tuple[Target, dict[Tag, int]]] = {}


def _ranks(target: Target) -> dict[Tag, int]:
    """Each tag's position in the target's order of preference; cached, since one target is asked many times."""
    known = _RANKS.get(id(target))
    if known is None or known[0] is not target:
        known = (target, {tag: place for place, tag in reversed(list(enumerate(target.tags)))})
        if len(_RANKS) > 500:
            _RANKS.clear()
        _RANKS[id(target)] = known
    return known[1]


def _walk(
    roots: Sequence[Root],
    best: Mapping[NormalizedName, Wheel],
    wheels: Sequence[Wheel],
    target: Target,
    amendments: Amendments,
) -> tuple[tuple[Wheel, ...], tuple[Lack, ...]]:
    environment: _Variables = {**cast("Mapping[str, str]", target.environment)}
    queue: list[tuple[Requirement, str]] = []
    for root in roots:
        parts = root.parts or _NO_PARTS
        environment |= {"extras": parts.extras, "dependency_groups": parts.groups or frozenset()}
        queue.extend(_applying([root.requirement], "", root.origin, environment, amendments))
    extras_done: dict[NormalizedName, set[str]] = {}
    needed: dict[NormalizedName, Wheel] = {}
    lacks: dict[str, Lack] = {}
    while queue:
        requirement, origin = queue.pop()
        name = canonicalize_name(requirement.name)
        wheel = best.get(name)
        if amendments.excluded and _is_excluded(name, wheel, environment, amendments):
            continue
        if wheel is None:
            lack = _unfit(requirement, origin, [other for other in wheels if other.name == name], target)
            lacks[str(lack)] = lack
            continue
        if requirement.specifier and not requirement.specifier.contains(wheel.version, prereleases=True):
            lack = Lack(requirement, origin, wheel)
            lacks[str(lack)] = lack
        needed[name] = wheel
        done = extras_done.setdefault(name, set())
        for asked in ("", *map(canonicalize_name, requirement.extras)):
            if asked not in done:
                done.add(asked)
                queue.extend(_applying(wheel.requires_dist, asked, wheel.filename, environment, amendments))
    order = sorted(needed.values(), key=lambda wheel: (wheel.local, wheel.name))
    return tuple(order), tuple(lacks.values())


def _unfit(requirement: Requirement, origin: str, others: Sequence[Wheel], target: Target) -> Lack:
    """The lack of a wheel that fits `target`, where `others` of its project may be at hand."""
    ranks = _ranks(target)
    pythons = {str(other.requires_python) for other in others if any(tag in ranks for tag in other.tags)}
    return Lack(
        requirement, origin, None, tuple(sorted(other.filename for other in others)), tuple(sorted(pythons))
    )


def _applying(
    requirements: Iterable[Requirement], extra: str, origin: str, environment: _Variables, amendments: Amendments
) -> Iterator[tuple[Requirement, str]]:
    """The requirements whose markers hold, amendments applied, each with who requires it."""
    environment["extra"] = extra
    for requirement in requirements:
        if _holds(requirement, environment):
            for amended in amendments.instead_of(requirement) if amendments.overrides else (requirement,):
                if amended is requirement:
                    yield requirement, origin
                elif _holds(amended, environment):
                    yield amended, "--override"


def _holds(requirement: Requirement, environment: _Variables) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def _is_excluded(
    name: NormalizedName, wheel: Wheel | None, environment: _Variables, amendments: Amendments
) -> bool:
    """Whether an exclusion applies here. An exclusion of certain versions does not cover a missing project."""
    for out in amendments.excluding(name):
        fits = not out.specifier if wheel is None else out.specifier.contains(wheel.version, prereleases=True)
        if fits and _holds(out, environment):
            return True
    return False
