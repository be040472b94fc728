"""Locks: the one that `pexlite lock` writes, and the one that a build follows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from packaging.pylock import Pylock, is_valid_pylock_path
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pexlite.addresses import has_secret_parameters, mask
from pexlite.bundle.closure import follow, unknown_extras
from pexlite.bundle.lock_changes import changes
from pexlite.bundle.without_effect import idle_amendments, idle_requirements
from pexlite.errors import PexliteError, ResolutionError, UsageError
from pexlite.files.places import store_place
from pexlite.indexes.settings import settings_unheeded_by_lock
from pexlite.listed import listed
from pexlite.model import (
    Amendments,
    BuildRequest,
    LocalKind,
    LockParts,
    LockResult,
    Report,
    Root,
    Target,
    Wheel,
    no_report,
)
from pexlite.outputs import Kind, Output
from pexlite.pipeline.index_origins import told_apart
from pexlite.pipeline.prepare import Prepared, check_output, prepare
from pexlite.pipeline.project_sources import with_sources
from pexlite.pylock.merge import environments
from pexlite.pylock.select import wheels_given
from pexlite.pylock.write import lock_text, portable, write_lock
from pexlite.requirements.amendments import recorded, with_recorded
from pexlite.requirements.read import read_request
from pexlite.resolve.project_lock import find_lock, foreign_lock, read_beside
from pexlite.targets.surroundings import neighbours

_Found = TypeVar("_Found")
_OLDEST = 8  # the minor version of the oldest Python that a lock for every platform reaches back to


@dataclass(frozen=True)
class Settled:
    """The lock that a build follows, with its wheels in the store."""

    lock: Pylock
    parts: LockParts
    amendments: Amendments
    """The request's amendments together with those recorded in the lock."""
    wheels: tuple[Wheel, ...]
    """All wheels that the lock gives the targets."""
    roots: tuple[Root, ...] = ()
    """The packages of the lock, where the request asks for a lock itself."""
    notices: tuple[str, ...] = ()

    def wheels_of(self, target: Target) -> tuple[Wheel, ...]:
        """The wheels that `target` gets; another target may get other versions."""
        return wheels_given(self.lock, target, self.parts, self.wheels)


# -- pexlite lock --------------------------------------------------------------------------------


def lock(request: BuildRequest, report: Report = no_report) -> LockResult:
    """The lock of all that `request` asks for, also written to a file where the request names an output.

    With uv the lock holds on every platform, unless the request names Pythons or platforms; with pip it holds for
    the targets. Relative paths in it start where it lies. Raises subclasses of `pexlite.errors.PexliteError`.
    """
    began = time.monotonic()
    output = Output.of(request, request.output, Kind.LOCK) if request.output else None
    if output is not None:
        output.check(request.named_files)
    place = store_place()
    asked = read_request(request)
    if asked.lock is not None:
        raise UsageError("what is asked for is a lock already", hint="name requirements or a project instead")
    if not (asked.roots or asked.local):
        raise UsageError("nothing to lock", hint="name requirements or a project: pexlite lock requests")
    if output is not None:
        check_output(output, asked)
    prepared = prepare(request, asked, report)
    universal = prepared.workshop.installer.name == "uv" and not (
        request.pythons or request.platforms or request.target_files
    )
    sourced = with_sources(prepared, universal=universal)
    prepared = sourced.prepared
    found = prepared.workshop.resolve(
        prepared.roots, asked, universal_from=_oldest(prepared) if universal else None
    )
    if not universal:
        found = replace(found, environments=environments(prepared.targets))
    found = replace(found, tool=recorded(asked.amendments))
    path = output.path if output else None
    sources = {entry.wheel.path: entry.source for entry in prepared.local}
    kept = portable(found, path.parent if path else request.directory, sources)
    text = lock_text(kept)
    if path is not None:
        write_lock(text, path, force=request.force)
    notices = (
        *place.notices,
        *asked.notices,
        *prepared.notices,
        *sourced.notices,
        *told_apart(prepared, found),
        *(() if universal else idle_requirements(asked.roots, prepared.targets)),
        *_idle_amendments(prepared, found),
        *unknown_extras(prepared.roots, [entry.wheel for entry in prepared.local]),
        *_left_out(prepared),
        *_only_here(kept),
        *_shortened(found),
        *_name_notice(path),
    )
    return LockResult(
        path=path,
        text=text,
        lock=kept,
        notices=tuple(map(mask, notices)),
        seconds=time.monotonic() - began,
    )


def _oldest(prepared: Prepared) -> Target:
    """The oldest CPython, from 3.8 on, that all local code accepts; this Python where local code says nothing."""
    here = prepared.targets[0]
    bounds = [entry.wheel.requires_python for entry in prepared.local] + [prepared.asked.requires_python]
    said = [bound for bound in bounds if bound is not None]
    pythons = [near for near in neighbours(here) if near.python.startswith("cp") and near.minor >= _OLDEST]
    for near in sorted([here, *pythons], key=lambda python: python.minor) if said else ():
        python = near.environment["python_full_version"]
        if all(bound.contains(python, prereleases=True) for bound in said):
            return near
    return here


def _idle_amendments(prepared: Prepared, found: Pylock) -> tuple[str, ...]:
    """Notices about exclusions and overrides that change nothing in the lock `found`."""
    amendments, own = prepared.asked.amendments, [entry.wheel for entry in prepared.local]
    names = [*(root.requirement.name for root in prepared.asked.roots), *(one.name for one in found.packages)]
    idle = idle_amendments(amendments, names, own)
    if not idle:
        return ()
    # What is excluded is in no lock: only what the others need tells whether it was asked for.
    needs, unknown = prepared.workshop.needs_of(found, prepared.request.directory, LockParts())
    return () if unknown else idle_amendments(amendments, [*names, *(need.name for need in needs)], own)


def _left_out(prepared: Prepared) -> list[str]:
    loose = (LocalKind.PACKAGE, LocalKind.MODULE, LocalKind.TREE)
    names = [entry.source.path.name for entry in prepared.local if entry.source.kind in loose]
    return [f"{', '.join(names)} is no project, so the lock has only what it needs"] if names else []


def _only_here(kept: Pylock) -> list[str]:
    """A notice about files that come from a directory or index of this machine."""
    names = [
        package.name
        for package in kept.packages
        if any(file.path for file in (*(package.wheels or ()), package.sdist) if file is not None)
    ]
    if not names:
        return []
    shown = listed(names)
    return [f"files of {shown} lie on this machine, and the lock names them by their paths from here"]


def _shortened(found: Pylock) -> list[str]:
    """A notice about files whose addresses may be of no use in a lock, which keeps no secrets."""
    names = [
        package.name
        for package in found.packages
        for file in (*(package.wheels or ()), package.sdist, package.archive, package.vcs)
        if file is not None and has_secret_parameters(file.url or "")
    ]
    if not names:
        return []
    shown = listed(list(dict.fromkeys(names)))
    return [f"the address of {shown} has parameters that may be secret, and the lock has it without them"]


def _name_notice(path: Path | None) -> list[str]:
    if path is None or is_valid_pylock_path(path):
        return []
    return [f"other tools take {path.name} for no lock: they want pylock.toml or pylock.NAME.toml"]


# -- the lock of a build -------------------------------------------------------------------------


def settle(prepared: Prepared) -> Settled:
    """The lock that the build follows, with its wheels: the lock asked for, one beside the project, or a new one.

    With `--locked` there must be one and it must fit the requirements, else ResolutionError or UsageError.
    """
    request, asked = prepared.request, prepared.asked
    if asked.lock is not None:
        assert asked.lock_file is not None
        settled = _taken(prepared, asked.lock, asked.lock_file.parent, asked.lock_parts)
        if request.locked:
            _check(prepared, settled, asked.lock_file)
        brought, words = _brought_by_excluded(prepared, settled)
        roots = _locked_roots(settled, brought)
        return replace(settled, roots=roots, notices=(*settled.notices, *words))
    notices: tuple[str, ...] = ()
    file = _lock_beside(prepared)
    if file is not None:
        unfit = _unfit(prepared, file)
        if not unfit:
            try:
                return _beside(prepared, file)
            except PexliteError as problem:
                if request.locked:
                    raise
                unfit = "; ".join([problem.message, *problem.causes[:2]])
        elif request.locked:
            raise UsageError(f"{file.name} cannot be used: {unfit}", hint=_instead_of(file))
        notices = (f"{file.name} was passed over ({unfit}); all is resolved anew",)
    else:
        notices = _without_lock(prepared)
    sourced = with_sources(prepared)
    whole = sourced.prepared
    found = whole.workshop.resolve(whole.roots, asked)
    own = {entry.wheel.sha256: entry.wheel for entry in whole.local}
    fetched = whole.workshop.collect(found, request.directory, LockParts())
    wheels = tuple(own.get(wheel.sha256, wheel) for wheel in fetched)
    notices = (*notices, *sourced.notices, *told_apart(whole, found))
    return Settled(found, LockParts(), asked.amendments, wheels, notices=notices)


def _taken(prepared: Prepared, found: Pylock, directory: Path, parts: LockParts) -> Settled:
    """`found`, its wheels fetched, without excluded projects and local ones, which are built from source."""
    amendments = with_recorded(prepared.asked.amendments, found)
    out = {entry.wheel.name for entry in prepared.local}.union(amendments.never_wanted())
    kept = replace(found, packages=[package for package in found.packages if package.name not in out])
    wheels = prepared.workshop.collect(kept, directory, parts, given=True)
    return Settled(kept, parts, amendments, wheels, notices=(*_unattested(kept), *settings_unheeded_by_lock()))


def _unattested(kept: Pylock) -> tuple[str, ...]:
    """A notice about the packages whose files somebody must have attested, since nobody checks that here."""
    names = [package.name for package in kept.packages if package.attestation_identities]
    if not names:
        return ()
    shown = listed(names)
    return (f"the lock's attestation identities are not checked, only its hashes: {shown}",)


def _check(prepared: Prepared, settled: Settled, file: Path) -> None:
    """Raise ResolutionError, with the differences, unless the lock satisfies the requirements on every target."""
    own = tuple(entry.wheel for entry in prepared.local)
    lines: dict[str, None] = {}
    for target in prepared.targets:
        wheels = (*own, *settled.wheels_of(target))
        lines |= dict.fromkeys(changes(prepared.roots, wheels, target, settled.amendments))
    if lines:
        raise ResolutionError(
            f"{file.name} no longer satisfies the requirements", causes=list(lines), hint=_instead_of(file)
        )


def _instead_of(file: Path) -> str:
    command = "uv lock" if file.name == "uv.lock" else "pexlite lock ."
    return f"lock again ({command}), or build without --locked"


def _locked_roots(settled: Settled, brought: frozenset[str]) -> tuple[Root, ...]:
    """A root for every package of a lock that was asked for, except those `brought` in by excluded projects."""
    roots = []
    for package in settled.lock.packages:
        if package.name not in brought:
            marker = f" ; {package.marker}" if package.marker else ""
            roots.append(Root(Requirement(f"{package.name}{marker}"), "the lock", parts=settled.parts))
    return tuple(roots)


def _brought_by_excluded(prepared: Prepared, settled: Settled) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names of packages that excluded projects need, and notices about projects whose needs are unknown.

    Of a lock's packages, these go in only if other packages need them too.
    """
    asked, never = prepared.asked, settled.amendments.never_wanted()
    some = [out.name for out in settled.amendments.excluded if canonicalize_name(out.name) not in never]
    assert asked.lock is not None
    assert asked.lock_file is not None
    unfetched = [package for package in asked.lock.packages if package.name in never]
    if not some and not unfetched:
        return frozenset(), ()
    needs, unknown = prepared.workshop.needs_of(
        replace(asked.lock, packages=unfetched), asked.lock_file.parent, asked.lock_parts
    )
    out = [Root(need, "--exclude") for need in (*map(Requirement, some), *needs)]
    reached = [follow(out, settled.wheels, target)[0] for target in prepared.targets]
    notices = [
        f"what only {name} needs, which is excluded, goes in, since only a download of it would tell what that is"
        for name in unknown
    ]
    return frozenset(wheel.name for needed in reached for wheel in needed), tuple(notices)


# -- a lock beside the project -------------------------------------------------------------------


def _lock_beside(prepared: Prepared) -> Path | None:
    """The lock beside the one local project; with `--locked` and no project, the one in the build's directory."""
    return None if prepared.request.ignore_locks else _beside_project(prepared, find_lock)


def _beside_project(prepared: Prepared, find: Callable[[Path], _Found | None]) -> _Found | None:
    """The finding of `find` in the directory of the one local project; with `--locked` else in the build's."""
    request = prepared.request
    projects = {entry.source.path for entry in prepared.local if entry.source.kind is LocalKind.PROJECT}
    if len(projects) > 1:
        return None
    if projects:
        return find(projects.pop())
    return find(request.directory) if request.locked else None


def _without_lock(prepared: Prepared) -> tuple[str, ...]:
    """A notice about a lock of another tool where there is none to use; with `--locked` UsageError."""
    request = prepared.request
    foreign = None if request.ignore_locks else _beside_project(prepared, foreign_lock)
    if foreign is None:
        if request.locked:
            raise UsageError(
                "--locked, and there is no lock", hint="make one (pexlite lock .) or name it (--lock FILE)"
            )
        return ()
    name = foreign.file.name
    if request.locked:
        raise UsageError(f"--locked, and {name} is a lock that is not read here", hint=foreign.how)
    return (f"{name} beside the project is not read, and all is resolved anew; to go by it: {foreign.how}",)


def _unfit(prepared: Prepared, file: Path) -> str:
    """The reason not to use the lock beside the project, in words; "" where there is none."""
    asked, settings = prepared.asked, prepared.asked.index
    if file.name == "uv.lock" and prepared.workshop.installer.name != "uv":
        return "only uv can read it: pip install 'pexlite[uv]'"
    said = {
        "--constraint": asked.constraint_files,
        "--pre": settings.prereleases,
        "--uploaded-prior-to": settings.uploaded_prior_to,
    }
    given = [option for option, value in said.items() if value]
    return f"{' and '.join(given)} ask{'s' if len(given) == 1 else ''} for other versions" if given else ""


def _beside(prepared: Prepared, file: Path) -> Settled:
    request, workshop = prepared.request, prepared.workshop
    groups = [group.rpartition(":")[2] for group in request.groups]
    project = _beside_project(prepared, lambda directory: directory) or file.parent
    found = read_beside(
        file, project, request.extras, groups, installer=workshop.installer, settings=workshop.settings
    )
    never = prepared.asked.amendments.never_wanted()
    wanted = [package for package in found.lock.packages if canonicalize_name(package.name) not in never]
    settled = _taken(prepared, replace(found.lock, packages=wanted), project, found.parts)
    _check(prepared, settled, file)
    where = "beside the project" if file.parent == project else "of the workspace"
    used = f"{file.name} {where} is used; --no-lock builds without it"
    return replace(settled, notices=(used, *settled.notices))
