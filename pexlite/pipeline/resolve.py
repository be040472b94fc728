"""A prepared request resolved into a lock, by the sources that its projects name for their dependencies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.pylock import Pylock

from pexlite.model import Target
from pexlite.pipeline.prepare import Prepared
from pexlite.pipeline.sourced import Sourced, may_name_sources
from pexlite.pylock.commits import as_asked, at_commits
from pexlite.pylock.prefer_pure import pure_where_possible
from pexlite.resolve.lock import Resolution, resolve
from pexlite.targets.surroundings import neighbours

if TYPE_CHECKING:
    from pexlite.pipeline.earlier_lock import EarlierLock

_OLDEST = 8  # the minor version of the oldest Python in a lock for every platform


@dataclass(frozen=True)
class Resolved:
    """A request and the lock that it was resolved into."""

    prepared: Prepared
    """The request with the local code and the indexes that its projects name as sources."""
    lock: Pylock
    notices: tuple[str, ...] = ()


def resolve_request(
    prepared: Prepared, *, universal: bool = False, earlier: EarlierLock | None = None
) -> Resolved:
    """`prepared`, resolved for its targets; if `universal`, for all platforms and Pythons its code accepts.

    With `earlier` the lock keeps the versions of that one where they fit, and records its dependencies.
    """
    sourced = _with_sources(prepared, universal=universal)
    prepared, specification, workshop = sourced.prepared, prepared.specification, sourced.prepared.workshop
    targets = (_oldest(prepared),) if universal else workshop.targets
    commits = earlier.commits if earlier else {}
    resolution = Resolution(
        roots=at_commits(prepared.roots, commits) if commits else prepared.roots,
        constraint_files=specification.constraint_files,
        targets=targets,
        settings=workshop.resolver.heeded(workshop.settings, specification.index),
        amendments=specification.amendments,
        universal=universal,
        preferred=earlier.preferred if earlier else None,
        constraint_lines=earlier.constraint_lines if earlier else (),
        with_dependencies=earlier is not None,
    )
    found = _resolved(resolution, sourced)
    found = as_asked(found, prepared.roots, commits) if commits else found
    lock = pure_where_possible(found, targets) if workshop.settings.prefer_pure else found
    return Resolved(prepared, lock, sourced.notices)


def _with_sources(prepared: Prepared, *, universal: bool) -> Sourced:
    if not may_name_sources(prepared):
        return Sourced(prepared)
    # Imported here: who asks for distributions of an index alone needs none of it.
    from pexlite.pipeline.project_sources import with_sources

    return with_sources(prepared, universal=universal)


def _resolved(resolution: Resolution, sourced: Sourced) -> Pylock:
    """The lock for `resolution`; projects that a pattern pins to an index are known once they are found."""
    workshop, patterns = sourced.prepared.workshop, sourced.patterns
    if patterns is None or resolution.settings.no_index:
        return resolve(resolution, workshop.resolver, workshop.report)
    names = [root.requirement.name for root in resolution.roots]
    names += [need.name for entry in sourced.prepared.local for need in entry.wheel.requires_dist]
    while True:
        pinned = patterns.pinned(resolution.settings, names)
        found = resolve(replace(resolution, settings=pinned), workshop.resolver, workshop.report)
        if patterns.pinned(pinned, more := [package.name for package in found.packages]) == pinned:
            return found
        names += more


def _oldest(prepared: Prepared) -> Target:
    """The oldest CPython, from 3.8 on, that all local code accepts; by default this Python."""
    here = prepared.targets[0]
    bounds = [entry.wheel.requires_python for entry in prepared.local] + [prepared.specification.requires_python]
    said = [bound for bound in bounds if bound is not None]
    pythons = [near for near in neighbours(here) if near.python.startswith("cp") and near.minor >= _OLDEST]
    for near in sorted([here, *pythons], key=lambda python: python.minor) if said else ():
        python = near.environment["python_full_version"]
        if all(bound.contains(python, prereleases=True) for bound in said):
            return near
    return here
