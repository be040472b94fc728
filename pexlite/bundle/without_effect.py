"""Notices on requests without effect: requirements that apply to no target, amendments that match nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pexlite.model import Amendments, Root, Target, Wheel


def inapplicable(roots: Sequence[Root], targets: Sequence[Target]) -> tuple[Root, ...]:
    """The roots whose markers hold on none of `targets`."""
    return tuple(root for root in roots if not any(_holds(root.requirement, target) for target in targets))


def ineffective_requirements(roots: Sequence[Root], targets: Sequence[Target]) -> tuple[str, ...]:
    """A notice for each of `roots` that is left out because its marker holds on none of `targets`."""
    on = ", ".join(target.name for target in targets[:3]) + (" and others" if len(targets) > 3 else "")
    return tuple(
        f"{root.requirement.name} stays out: {root.requirement.marker} is not so on {on}"
        for root in inapplicable(roots, targets)
    )


def ineffective_amendments(
    amendments: Amendments, asked_for: Iterable[str], wheels: Sequence[Wheel]
) -> tuple[str, ...]:
    """A notice for each exclusion and override that changes nothing.

    `asked_for` are the names of all required projects; `wheels` are those in the bundle.
    """
    names = {str(canonicalize_name(name)) for name in asked_for}
    names |= {str(canonicalize_name(need.name)) for wheel in wheels for need in wheel.requires_dist}
    return (
        *_unasked("--exclude", amendments.excluded, names),
        *_unasked("--override", amendments.overrides, names),
        *_not_excluded(amendments.excluded, wheels),
    )


def _unasked(option: str, requirements: Sequence[Requirement], names: set[str]) -> Iterator[str]:
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        if name not in names:
            near = difflib.get_close_matches(name, sorted(names), n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            yield f"{option} {requirement} changes nothing: nothing here asks for {requirement.name}{meant}"


def _not_excluded(excluded: Sequence[Requirement], wheels: Sequence[Wheel]) -> Iterator[str]:
    """A notice for each wheel that goes in although an exclusion names its project: version or marker differ."""
    for requirement in excluded:
        for wheel in wheels:
            if wheel.name == canonicalize_name(requirement.name):
                yield f"--exclude {requirement} does not concern {wheel.name} {wheel.version}, which goes in"


def _holds(requirement: Requirement, target: Target) -> bool:
    environment = {**cast("dict[str, str]", target.environment), "extra": ""}
    return requirement.marker is None or requirement.marker.evaluate(environment)
