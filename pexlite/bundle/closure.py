"""The closure: all the wheels that some requirements need on one target, or who asked for what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pexlite.errors import ClosureIncomplete
from pexlite.model import Root, Target, Wheel


def closure(roots: Sequence[Root], wheels: Sequence[Wheel], target: Target) -> tuple[Wheel, ...]:
    """The wheels that `roots` need on `target`, in installation order: by name, the person's own code last.

    Follows Requires-Dist with `target`'s markers and the extras asked for (PEP 508) and picks each project's
    newest version, and of that the best wheel by tag (PEP 425). Raises ClosureIncomplete naming every missing
    project and who asked for it.
    """
    needed, problems = _walk(roots, _best_wheels(wheels, target), wheels, target)
    if problems:
        raise ClosureIncomplete(
            f"the wheels at hand are not enough for {target.name}",
            causes=problems,
            hint="resolve again without --lock, or add what is missing to the requirements",
        )
    return needed


def closes_with(roots: Sequence[Root], wheels: Sequence[Wheel], target: Target) -> bool:
    """Whether on `target` exactly `wheels` are the closure of `roots`."""
    best = _best_wheels(wheels, target)
    if len(best) != len(wheels):
        return False
    needed, problems = _walk(roots, best, wheels, target)
    return not problems and len(needed) == len(wheels)


def _best_wheels(wheels: Iterable[Wheel], target: Target) -> dict[NormalizedName, Wheel]:
    """For each project the wheel an installer would take on `target`."""
    rank = _ranks(target)
    worst = len(rank)
    python = target.environment["python_full_version"]
    best: dict[NormalizedName, tuple[tuple[Version, int, tuple[()] | tuple[int, str]], Wheel]] = {}
    for wheel in wheels:
        tag_rank = min((rank.get(tag, worst) for tag in wheel.tags), default=worst)
        if tag_rank == worst:
            continue
        if wheel.requires_python is not None and not wheel.requires_python.contains(python, prereleases=True):
            continue
        merit = (wheel.version, -tag_rank, wheel.build)
        if wheel.name not in best or merit > best[wheel.name][0]:
            best[wheel.name] = (merit, wheel)
    return {name: wheel for name, (_, wheel) in best.items()}


_RANKS: dict[int, tuple[Target, dict[Tag, int]]] = {}


def _ranks(target: Target) -> dict[Tag, int]:
    """Tag to its place in the target's preference; kept, since one target is asked about many times."""
    known = _RANKS.get(id(target))
    if known is None or known[0] is not target:
        known = (target, {tag: place for place, tag in reversed(list(enumerate(target.tags)))})
        if len(_RANKS) > 500:
            _RANKS.clear()
        _RANKS[id(target)] = known
    return known[1]


def _walk(
    roots: Sequence[Root], best: Mapping[NormalizedName, Wheel], wheels: Sequence[Wheel], target: Target
) -> tuple[tuple[Wheel, ...], list[str]]:
    environment = cast("dict[str, str]", dict(target.environment))
    queue: list[tuple[Requirement, str, str]] = [(root.requirement, "", root.origin) for root in roots]
    extras_done: dict[NormalizedName, set[str]] = {}
    needed: dict[NormalizedName, Wheel] = {}
    problems: list[str] = []
    while queue:
        requirement, extra, origin = queue.pop()
        if requirement.marker is not None and not _applies(requirement, extra, environment):
            continue
        name = canonicalize_name(requirement.name)
        wheel = best.get(name)
        if wheel is None:
            problem = f"{_shown(requirement)}, asked for by {origin}, {_why_missing(name, wheels)}"
            if problem not in problems:
                problems.append(problem)
            continue
        if requirement.specifier and not requirement.specifier.contains(wheel.version, prereleases=True):
            problems.append(f"{_shown(requirement)}, asked for by {origin}, but {wheel.filename} is here")
        needed[name] = wheel
        done = extras_done.setdefault(name, set())
        for asked in ("", *map(canonicalize_name, requirement.extras)):
            if asked not in done:
                done.add(asked)
                queue.extend((dependency, asked, wheel.filename) for dependency in wheel.requires_dist)
    order = sorted(needed.values(), key=lambda wheel: (wheel.local, wheel.name))
    return tuple(order), problems


def _applies(requirement: Requirement, extra: str, environment: dict[str, str]) -> bool:
    assert requirement.marker is not None
    environment["extra"] = extra
    return requirement.marker.evaluate(environment)


def _shown(requirement: Requirement) -> str:
    return f"{requirement.name}{requirement.specifier}"


def _why_missing(name: NormalizedName, wheels: Sequence[Wheel]) -> str:
    there = sorted(wheel.filename for wheel in wheels if wheel.name == name)
    if not there:
        return "is not here"
    return f"has no wheel that fits: here is {', '.join(there)}"
