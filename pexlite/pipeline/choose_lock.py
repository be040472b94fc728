"""The lock that a build follows: the requested one, the one beside the project, or a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pexlite.bundle.closure import follow
from pexlite.bundle.lock_changes import changes
from pexlite.errors import HashMismatch, PexliteError, ResolutionError, UsageError
from pexlite.fetch.collect import collect
from pexlite.fetch.excluded import needs_of
from pexlite.indexes.settings import settings_unheeded_by_lock
from pexlite.listed import listed
from pexlite.model import (
    Amendments,
    LocalKind,
    LockParts,
    Root,
    Target,
    Wheel,
)
from pexlite.pipeline.index_origins import origin_notices
from pexlite.pipeline.lock_part import check_has_all, part_of
from pexlite.pipeline.prepare import Prepared
from pexlite.pipeline.resolve import resolve_request
from pexlite.pylock.artifact import LOCK, Teller
from pexlite.pylock.select import wheels_given
from pexlite.requirements.amendments import with_recorded
from pexlite.resolve.foreign.kinds import KINDS
from pexlite.resolve.project_lock import find_lock, find_script_lock, is_of_uv, read_project_lock
from pexlite.resolve.resolvers import RESOLVERS
from pexlite.sources.local import LocalWheel

if TYPE_CHECKING:
    from pexlite.pipeline.unusable_lock import UnusableLock

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class ChosenLock:
    """The lock that a build follows, with its wheels in the store."""

    lock: Pylock
    parts: LockParts
    amendments: Amendments
    """The request's amendments together with those recorded in the lock."""
    wheels: tuple[Wheel, ...]
    """All wheels that the lock has for the targets."""
    roots: tuple[Root, ...] = ()
    """The packages of the lock, if the request names a lock."""
    local: tuple[LocalWheel, ...] = ()
    """Local code that only a project's own word on its dependencies brought in (`[tool.uv.sources]`)."""
    notices: tuple[str, ...] = ()
    by_target: Mapping[Target, tuple[Wheel, ...]] = field(default_factory=dict)
    """The wheels of each target, where they come from its own virtual environment."""
    file: Path | None = None
    """The file of the lock; None where all was resolved."""

    def wheels_of(self, target: Target) -> tuple[Wheel, ...]:
        """The wheels for `target`; another target may get other versions."""
        if self.by_target:
            return self.by_target[target]
        return wheels_given(self.lock, target, self.parts, self.wheels)


def choose_lock(prepared: Prepared) -> ChosenLock:
    """The lock that the build follows, with its wheels: the requested one, the project's, or a new one.

    With `--locked` there must be one and it must fit the requirements, else ResolutionError or UsageError. A file
    that is not the one that the lock names is HashMismatch in any case.
    """
    request, specification = prepared.request, prepared.specification
    if specification.lock is not None:
        return replace(_requested(prepared, specification.lock), file=specification.lock_file)
    files = _locks_beside(prepared)
    unusable: list[UnusableLock] = []
    for file in files:
        found = _of_projects(prepared, file)
        if isinstance(found, ChosenLock):
            return found
        found.check_can_be_read()
        unusable.append(found)
    if not files:
        _check_not_locked(prepared)
    notices = tuple(lock.notice for lock in unusable)
    resolved = resolve_request(prepared)
    whole = resolved.prepared
    for lock in unusable:
        lock.check_same(resolved.lock, _decided_here(whole))
    own = {entry.wheel.sha256: entry.wheel for entry in whole.local}
    from_sources = tuple(entry for entry in whole.local if entry not in prepared.local)
    fetched = collect(
        resolved.lock, whole.workshop, request.directory, teller=Teller.resolver(whole.workshop.resolver.name)
    )
    wheels = tuple(own.get(wheel.sha256, wheel) for wheel in fetched)
    notices = (
        *notices,
        *resolved.notices,
        *origin_notices(whole.workshop, whole.specification.index, resolved.lock),
    )
    return ChosenLock(
        resolved.lock, LockParts(), specification.amendments, wheels, local=from_sources, notices=notices
    )


def _requested(prepared: Prepared, found: Pylock) -> ChosenLock:
    """The requested lock `found`: what the requirements need of it, or all of it where there are none."""
    specification = prepared.specification
    file, parts = specification.lock_file, specification.lock_parts
    assert file is not None
    if specification.takes_part_of_lock:
        return _part_taken(prepared, found, file, parts)
    chosen = _taken(prepared, found, file.parent, parts)
    if prepared.request.locked:
        _check(prepared, chosen, file)
    brought, words = _brought_by_excluded(prepared, chosen)
    return replace(chosen, roots=_locked_roots(chosen, brought), notices=(*chosen.notices, *words))


def _part_taken(prepared: Prepared, found: Pylock, file: Path, parts: LockParts) -> ChosenLock:
    """The packages of `found` that the requirements need, with their wheels fetched."""
    kept, amendments = _without_others(prepared, found)
    part = part_of(prepared, kept, file, parts, amendments)
    notices = (*_unattested(part.lock), *settings_unheeded_by_lock())
    chosen = ChosenLock(part.lock, parts, amendments, part.wheels, part.roots, notices=notices)
    if prepared.request.locked:
        _check(prepared, chosen, file)
    check_has_all(part, kept, file)
    return chosen


def _taken(prepared: Prepared, found: Pylock, directory: Path, parts: LockParts) -> ChosenLock:
    """`found` with its wheels fetched, without excluded projects and local ones, which are built from source."""
    kept, amendments = _without_others(prepared, found)
    wheels = collect(kept, prepared.workshop, directory, parts, teller=LOCK)
    return ChosenLock(kept, parts, amendments, wheels, notices=(*_unattested(kept), *settings_unheeded_by_lock()))


def _without_others(prepared: Prepared, found: Pylock) -> tuple[Pylock, Amendments]:
    """`found` without excluded projects and local ones; and the request's amendments with those of the lock."""
    amendments = with_recorded(prepared.specification.amendments, found)
    out = {entry.wheel.name for entry in prepared.local}.union(amendments.never_wanted())
    return replace(found, packages=[package for package in found.packages if package.name not in out]), amendments


def _unattested(kept: Pylock) -> tuple[str, ...]:
    """A notice about the packages that require attestations, which pexlite does not check."""
    names = [package.name for package in kept.packages if package.attestation_identities]
    if not names:
        return ()
    shown = listed(names)
    return (f"the lock's attestation identities are not checked, only its hashes: {shown}",)


def _check(prepared: Prepared, chosen: ChosenLock, file: Path) -> None:
    """Raise ResolutionError, with the differences, unless the lock satisfies the requirements on every target."""
    own = tuple(entry.wheel for entry in prepared.local)
    lines: dict[str, None] = {}
    for target in prepared.targets:
        wheels = (*own, *chosen.wheels_of(target))
        lines |= dict.fromkeys(changes(prepared.roots, wheels, target, chosen.amendments))
    if lines:
        raise ResolutionError(
            f"{file.name} no longer satisfies the requirements", causes=list(lines), hint=_instead_of(file)
        )


def _instead_of(file: Path) -> str:
    from pexlite.pipeline.unusable_lock import how_to_lock

    return f"lock again ({how_to_lock(file)}), or build without --locked"


def _locked_roots(chosen: ChosenLock, brought: frozenset[str]) -> tuple[Root, ...]:
    """A root for every package of a requested lock, except those `brought` in by excluded projects."""
    roots = []
    for package in chosen.lock.packages:
        if package.name not in brought:
            marker = f" ; {package.marker}" if package.marker else ""
            roots.append(Root(Requirement(f"{package.name}{marker}"), "the lock", parts=chosen.parts))
    return tuple(roots)


def _brought_by_excluded(prepared: Prepared, chosen: ChosenLock) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names of packages that excluded projects require, and notices about projects with unknown requirements.

    Such packages of a lock go in only if other packages require them too.
    """
    specification, never = prepared.specification, chosen.amendments.never_wanted()
    some = [out.name for out in chosen.amendments.excluded if canonicalize_name(out.name) not in never]
    assert specification.lock is not None
    assert specification.lock_file is not None
    unfetched = [package for package in specification.lock.packages if package.name in never]
    if not some and not unfetched:
        return frozenset(), ()
    needs, unknown = needs_of(
        replace(specification.lock, packages=unfetched),
        prepared.workshop,
        specification.lock_file.parent,
        specification.lock_parts,
    )
    out = [Root(need, "--exclude") for need in (*map(Requirement, some), *needs)]
    reached = [follow(out, chosen.wheels, target)[0] for target in prepared.targets]
    notices = [
        f"what only {name} needs, which is excluded, goes in, since only a download of it would tell what that is"
        for name in unknown
    ]
    return frozenset(wheel.name for needed in reached for wheel in needed), tuple(notices)


# -- a lock beside the project -------------------------------------------------------------------


def _locks_beside(prepared: Prepared) -> list[Path]:
    """The locks beside local projects, or beside the script.

    With `--locked` and neither of them, the one in the build's directory.
    """
    request = prepared.request
    projects = sorted({entry.source.path for entry in prepared.local if entry.source.kind is LocalKind.PROJECT})
    if request.ignore_locks:
        return []
    script = prepared.specification.script
    if script is not None and not projects and (found := find_script_lock(script.path)) is not None:
        return [found]
    places = projects or ([request.directory] if request.locked else [])
    return list(dict.fromkeys(filter(None, map(find_lock, places))))


def _of_projects(prepared: Prepared, file: Path) -> ChosenLock | UnusableLock:
    """The lock in `file`, which lies beside a project, with its wheels; else why it cannot be used.

    With `--locked` that is UsageError or ResolutionError, and another file under a locked name is HashMismatch.
    """
    # Imported here: most locks can be used.
    from pexlite.pipeline.unusable_lock import UnusableLock

    request = prepared.request
    projects = {entry.source.path for entry in prepared.local if entry.source.kind is LocalKind.PROJECT}
    several = f"{len(projects)} projects are named, and it is of one" if len(projects) > 1 else ""
    unfit = several or _unread(prepared, file) or _otherwise(prepared)
    if unfit and request.locked:
        raise UsageError(f"{file.name} cannot be used: {unfit}", hint=_instead_of(file))
    if unfit:
        return UnusableLock(file, unfit, unwanted=bool(_otherwise(prepared)))
    try:
        return _beside(prepared, file)
    except PexliteError as problem:
        # Another file under a locked name may be an attack: it ends the build whoever named the lock.
        if request.locked or isinstance(problem, HashMismatch):
            raise
        return UnusableLock(file, "; ".join([problem.message, *problem.causes[:2]]))


def _decided_here(prepared: Prepared) -> set[str]:
    """The names of projects that no lock decides: local code, and those that `--override` replaces."""
    overrides = prepared.specification.amendments.overrides
    return {entry.wheel.name for entry in prepared.local} | {canonicalize_name(one.name) for one in overrides}


def _beside_project(prepared: Prepared, find: Callable[[Path], _Found | None]) -> _Found | None:
    """The result of `find` for the directory of the one local project; with `--locked` else for the build's."""
    request = prepared.request
    projects = {entry.source.path for entry in prepared.local if entry.source.kind is LocalKind.PROJECT}
    if len(projects) > 1:
        return None
    if projects:
        return find(projects.pop())
    return find(request.directory) if request.locked else None


def _check_not_locked(prepared: Prepared) -> None:
    """Raise UsageError where `--locked` asks for a lock and there is none."""
    if prepared.request.locked:
        raise UsageError(
            "--locked, and there is no lock", hint="make one (pexlite lock .) or name it (--lock FILE)"
        )


def _unread(prepared: Prepared, file: Path) -> str:
    """Why the lock `file` cannot be read here, in words; "" where it can."""
    if is_of_uv(file) and prepared.workshop.resolver.lock_name != "uv.lock":
        how = "--resolver uv" if RESOLVERS["uv"]().find() else "pip install 'pexlite[uv]'"
        return f"only uv can read it: {how}"
    return ""


def _otherwise(prepared: Prepared) -> str:
    """The options of this build that ask for other versions than a lock has, in words; "" without any."""
    specification, settings = prepared.specification, prepared.specification.index
    said = {
        "--constraint": specification.constraint_files,
        "--pre": settings.prereleases,
        "--uploaded-prior-to": settings.uploaded_prior_to,
    }
    given = [option for option, value in said.items() if value]
    return f"{' and '.join(given)} ask{'s' if len(given) == 1 else ''} for other versions" if given else ""


def _beside(prepared: Prepared, file: Path) -> ChosenLock:
    request, workshop = prepared.request, prepared.workshop
    groups = [group.rpartition(":")[2] for group in request.groups]
    project = _beside_project(prepared, lambda directory: directory) or file.parent
    if file.name in KINDS:
        from pexlite.pipeline.foreign_lock import foreign_lock  # few projects have such a lock

        found = foreign_lock(prepared, file, groups)
    else:
        found = read_project_lock(
            file, project, request.extras, groups, resolver=workshop.resolver, settings=workshop.settings
        )
    never = prepared.specification.amendments.never_wanted()
    wanted = [package for package in found.lock.packages if canonicalize_name(package.name) not in never]
    chosen = _taken(prepared, replace(found.lock, packages=wanted), project, found.parts)
    _check(prepared, chosen, file)
    where = "beside the project" if file.parent == project else "of the workspace"
    where = "beside the script" if prepared.specification.script is not None and is_of_uv(file) else where
    used = f"{file.name} {where} is used; --no-lock builds without it"
    return replace(chosen, file=file, notices=(used, *chosen.notices))
