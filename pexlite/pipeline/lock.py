"""The lock that `pexlite lock` writes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from packaging.pylock import Pylock, is_valid_pylock_path

from pexlite.addresses import has_secret_parameters, mask
from pexlite.bundle.closure import unknown_extras
from pexlite.bundle.without_effect import ineffective_amendments, ineffective_requirements
from pexlite.errors import UsageError
from pexlite.fetch.excluded import needs_of
from pexlite.files.places import store_place
from pexlite.listed import listed
from pexlite.model import (
    BuildRequest,
    LocalKind,
    LockParts,
    LockResult,
    Report,
    no_report,
)
from pexlite.outputs import Kind, Output
from pexlite.pipeline.index_origins import origin_notices
from pexlite.pipeline.prepare import Prepared, check_output, prepare
from pexlite.pipeline.resolve import resolve_request
from pexlite.pylock.merge import environments
from pexlite.pylock.write import lock_text, portable, write_lock
from pexlite.requirements.amendments import recorded
from pexlite.requirements.read import read_request


def lock(request: BuildRequest, report: Report = no_report) -> LockResult:
    """The lock for `request`, also written to a file if the request names an output.

    With uv the lock holds on every platform, unless the request names Pythons or platforms; with pip it holds for
    the targets. Relative paths in it start from its directory. Raises subclasses of `pexlite.errors.PexliteError`.
    """
    began = time.monotonic()
    output = Output.of(request, request.output, Kind.LOCK) if request.output else None
    if output is not None:
        output.check(request.named_files)
    place = store_place()
    specification = read_request(request)
    if specification.lock is not None:
        raise UsageError("what is asked for is a lock already", hint="name requirements or a project instead")
    if not (specification.roots or specification.local):
        raise UsageError("nothing to lock", hint="name requirements or a project: pexlite lock requests")
    if output is not None:
        check_output(output, specification)
    prepared = prepare(request, specification, report)
    universal = prepared.workshop.resolver.resolves_universally and not (
        request.pythons or request.platforms or request.target_files
    )
    resolved = resolve_request(prepared, universal=universal)
    prepared, found = resolved.prepared, resolved.lock
    if not universal:
        found = replace(found, environments=environments(prepared.targets))
    found = replace(found, tool=recorded(specification.amendments))
    path = output.path if output else None
    sources = {entry.wheel.path: entry.source for entry in prepared.local}
    kept = portable(found, path.parent if path else request.directory, sources)
    text = lock_text(kept)
    if path is not None:
        write_lock(text, path, force=request.force)
    notices = (
        *place.notices,
        *specification.notices,
        *prepared.notices,
        *resolved.notices,
        *origin_notices(prepared, found),
        *(() if universal else ineffective_requirements(specification.roots, prepared.targets)),
        *_ineffective_amendments(prepared, found),
        *unknown_extras(prepared.roots, [entry.wheel for entry in prepared.local]),
        *_skipped_local_code(prepared),
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


def _ineffective_amendments(prepared: Prepared, found: Pylock) -> tuple[str, ...]:
    """Notices about exclusions and overrides that change nothing in the lock `found`."""
    amendments, own = prepared.specification.amendments, [entry.wheel for entry in prepared.local]
    names = [
        *(root.requirement.name for root in prepared.specification.roots),
        *(one.name for one in found.packages),
    ]
    idle = ineffective_amendments(amendments, names, own)
    if not idle:
        return ()
    # No lock holds an excluded project: the other packages' requirements show whether it was needed.
    needs, unknown = needs_of(found, prepared.workshop, prepared.request.directory, LockParts())
    return () if unknown else ineffective_amendments(amendments, [*names, *(need.name for need in needs)], own)


def _skipped_local_code(prepared: Prepared) -> list[str]:
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
    """A notice about files whose addresses may be useless in a lock, which keeps no secrets."""
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
