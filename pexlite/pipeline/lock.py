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
    IndexSettings,
    LocalKind,
    LockParts,
    LockResult,
    LockTerms,
    Report,
    Specification,
    no_report,
)
from pexlite.outputs import Kind, Output
from pexlite.pipeline.earlier_lock import EarlierLock, earlier_lock, replaceable
from pexlite.pipeline.given_lock import given_lock
from pexlite.pipeline.index_origins import origin_notices
from pexlite.pipeline.prepare import Prepared, check_output, prepare
from pexlite.pipeline.resolve import resolve_request
from pexlite.pylock.dependencies import shortest
from pexlite.pylock.earlier import lock_changes
from pexlite.pylock.merge import environments
from pexlite.pylock.write import lock_text, portable, write_lock
from pexlite.requirements.amendments import recorded
from pexlite.requirements.lock_lines import requirements_text
from pexlite.requirements.read import read_request
from pexlite.resolve.run_patched_pip import default_index

_USUAL = LockTerms()


def lock(request: BuildRequest, report: Report = no_report, terms: LockTerms = _USUAL) -> LockResult:
    """The lock for `request`, also written to a file if the request names an output.

    The versions of a lock that is there already stay where they fit, unless `terms` say otherwise.

    With uv the lock holds on every platform, unless the request names Pythons or platforms; with pip it holds for
    the targets. Relative paths in it start from its directory. Raises subclasses of `pexlite.errors.PexliteError`.
    """
    began = time.monotonic()
    output = _output(request, terms)
    earlier = earlier_lock(output, terms)
    if output is not None:
        output.check(request.named_files)
    place = store_place()
    specification = read_request(request)
    if output is not None:
        check_output(output, specification)
    if specification.lock is not None:
        kept = given_lock(request, specification, terms)
        notices = specification.notices
    elif not (specification.roots or specification.local):
        raise UsageError("nothing to lock", hint="name requirements or a project: pexlite lock requests")
    else:
        kept, notices = _resolved(prepare(request, specification, report), earlier, output)
    text, more = _text(kept, specification, terms, request.output)
    if output is not None:
        write_lock(text, output.path, output.kind, force=output.force)
    return LockResult(
        path=output.path if output else None,
        text=text,
        lock=kept,
        notices=tuple(map(mask, (*place.notices, *earlier.notices, *notices, *more))),
        seconds=time.monotonic() - began,
        changes=lock_changes(earlier.lock, kept) if earlier.lock is not None else None,
    )


def _output(request: BuildRequest, terms: LockTerms) -> Output | None:
    if request.output is None:
        return None
    kind = Kind.REQUIREMENTS if terms.as_requirements(request.output) else Kind.LOCK
    return replaceable(Output.of(request, request.output, kind), terms)


def _resolved(prepared: Prepared, earlier: EarlierLock, output: Output | None) -> tuple[Pylock, tuple[str, ...]]:
    """The request resolved into a lock that can lie at `output`, with notices about it."""
    request, specification = prepared.request, prepared.specification
    universal = prepared.workshop.resolver.resolves_universally and not (
        request.pythons or request.platforms or request.target_files or request.hosts
    )
    resolved = resolve_request(prepared, universal=universal, earlier=earlier)
    prepared, found = resolved.prepared, resolved.lock
    if not universal:
        found = replace(found, environments=environments(prepared.targets))
    found = replace(found, tool=recorded(specification.amendments))
    sources = {entry.wheel.path: entry.source for entry in prepared.local}
    kept = portable(shortest(found), output.path.parent if output else request.directory, sources)
    return kept, (
        *specification.notices,
        *prepared.notices,
        *resolved.notices,
        *origin_notices(prepared.workshop, prepared.specification.index, found),
        *(() if universal else ineffective_requirements(specification.roots, prepared.targets)),
        *_ineffective_amendments(prepared, found),
        *unknown_extras(prepared.roots, [entry.wheel for entry in prepared.local]),
        *_skipped_local_code(prepared),
        *_only_here(kept),
        *_shortened(found),
    )


def _text(
    kept: Pylock, specification: Specification, terms: LockTerms, output: Path | None
) -> tuple[str, tuple[str, ...]]:
    """The text of the lock `kept` in the wanted format, with notices about the format."""
    if not terms.as_requirements(output):
        return lock_text(kept), tuple(_name_notice(output))
    made = requirements_text(kept, specification.lock_parts)
    left_out = [f"pip takes nothing without a hash beside these, so it stays out: {one}" for one in made.left_out]
    return made.text, (*left_out, *_unnamed_indexes(kept, specification.index))


def _unnamed_indexes(kept: Pylock, index: IndexSettings) -> list[str]:
    """A notice about the indexes that pip has to be told of, since the requirements file names none."""
    named = [index.index_url, *index.extra_index_urls, *(url for _, url in index.named_indexes), *index.find_links]
    by_packages = [package.index for package in kept.packages if package.index != default_index()]
    places = list(dict.fromkeys(place for place in (*named, *by_packages) if place))
    return [f"no index is in it; pip has to be told of {listed(places)}"] if places else []


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
