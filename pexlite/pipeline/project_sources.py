"""The sources that a project itself names for its dependencies, followed when they are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pexlite.model import LocalKind
from pexlite.pipeline.prepare import Prepared, root_of
from pexlite.pipeline.project_indexes import Patterns, default_address, with_indexes
from pexlite.pipeline.sourced import Sourced
from pexlite.requirements.amendments import amended_roots
from pexlite.requirements.declared.follow import Needs, declared_sources, path_of
from pexlite.requirements.read import raise_problems
from pexlite.sources.local import LocalWheel, local_wheels


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
    patterns = Patterns()
    while waiting:
        needs = waiting.pop(0)
        wanted = tuple(need for need in needs.requirements if canonicalize_name(need.name) not in never)
        asking = replace(needs, requirements=wanted, indexes=named, asks_indexes=not settings.no_index)
        followed = declared_sources(replace(asking, environments=environments))
        found = followed.parsed
        raise_problems(found.problems)
        notices |= dict.fromkeys(found.notices)
        if followed.patterned and not settings.no_index:
            default = default_address(settings, specification.index, prepared.workshop.resolver)
            patterns = patterns.beside(followed, default)
        settings = with_indexes(settings, followed, specification.index, prepared.workshop.resolver)
        roots += found.roots
        new = {(source.path, source.marker): source for source in found.local}
        made = local_wheels([source for key, source in new.items() if key not in known], prepared.workshop)
        known |= set(new)
        local += made
        roots += map(root_of, made)
        waiting += _of_projects(made)
    workshop = replace(prepared.workshop, settings=settings)
    amended = amended_roots(roots, specification.amendments)
    whole = replace(prepared, workshop=workshop, local=tuple(local), roots=amended)
    return Sourced(whole, patterns if patterns.general else None, tuple(notices))


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
