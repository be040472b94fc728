"""The sources that a project itself names for its dependencies (uv's tables), followed when they are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pexlite.model import IndexSettings, LocalKind
from pexlite.pipeline.prepare import Prepared, root_of
from pexlite.requirements.amendments import amended_roots
from pexlite.requirements.parsed import merged_index
from pexlite.requirements.read import raise_problems
from pexlite.requirements.uv_sources import Needs, path_of, uv_sources
from pexlite.sources.local import LocalWheel, local_wheels


@dataclass(frozen=True)
class Sourced:
    """A request with the sources of its dependencies, ready to be resolved."""

    prepared: Prepared
    """The request with local code that is a dependency's source, and with pinned indexes."""
    notices: tuple[str, ...] = ()


def with_sources(prepared: Prepared, *, universal: bool = False) -> Sourced:
    """`prepared` with the sources that its projects and scripts, and the projects that these need, name.

    If `universal`, the result has to hold for every target.

    Raises UsageError for missing sources.
    """
    specification = prepared.specification
    local, notices = list(prepared.local), dict[str, None]()
    # Requirements of files with paths of their own become local code below.
    roots = [root for root in prepared.roots if root.written_in is None or path_of(root.requirement) is None]
    settings = prepared.workshop.settings
    waiting = [*_of_projects(prepared.local), *_of_roots(prepared)]
    known = {(entry.source.path, entry.source.marker) for entry in prepared.local}
    never = specification.amendments.never_wanted()
    environments = () if universal else tuple(target.environment for target in prepared.targets)
    named = frozenset(name for name, _ in settings.named_indexes)
    while waiting:
        needs = waiting.pop(0)
        wanted = tuple(need for need in needs.requirements if canonicalize_name(need.name) not in never)
        asking = replace(needs, requirements=wanted, indexes=named, asks_indexes=not settings.no_index)
        found = uv_sources(replace(asking, environments=environments))
        raise_problems(found.problems)
        notices |= dict.fromkeys(found.notices)
        settings = _beside(settings, found.index, specification.index)
        roots += found.roots
        new = {(source.path, source.marker): source for source in found.local}
        made = local_wheels([source for key, source in new.items() if key not in known], prepared.workshop)
        known |= set(new)
        local += made
        roots += map(root_of, made)
        waiting += _of_projects(made)
    workshop = replace(prepared.workshop, settings=settings)
    amended = amended_roots(roots, specification.amendments)
    return Sourced(replace(prepared, workshop=workshop, local=tuple(local), roots=amended), tuple(notices))


def _of_projects(local: Sequence[LocalWheel]) -> Iterator[Needs]:
    for entry in local:
        source = entry.source
        if source.kind is LocalKind.PROJECT:
            yield Needs(source.path / "pyproject.toml", entry.wheel.requires_dist, source.extras)


def _of_roots(prepared: Prepared) -> Iterator[Needs]:
    """The needs in a script's header, a dependency group, or a pyproject.toml that is read and not built."""
    groups = frozenset(group.rpartition(":")[2] for group in prepared.request.groups)
    by_file: dict[Path, list[Requirement]] = {}
    for root in prepared.specification.roots:
        if root.written_in is not None:
            by_file.setdefault(root.written_in, []).append(root.requirement)
    for file, requirements in by_file.items():
        yield Needs(file, tuple(requirements), groups=groups)


def _beside(settings: IndexSettings, said: IndexSettings, specification: IndexSettings) -> IndexSettings:
    """`settings` with a project's indexes; the builder's own settings win."""
    if settings.no_index or said == IndexSettings():
        return settings
    pinned = {canonicalize_name(project) for _, project in settings.pins}
    merged = merged_index(settings, said)
    return replace(
        merged,
        index_url=settings.index_url if specification.index_url else merged.index_url,
        pins=(*settings.pins, *(pin for pin in said.pins if canonicalize_name(pin[1]) not in pinned)),
    )
