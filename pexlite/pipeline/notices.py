"""The notices of a build: sentences on what is not as it may have been meant, collected when all is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.utils import NormalizedName, canonicalize_name

from pexlite.analysis.imports import own_imports
from pexlite.archive.launch_options import unread_variables
from pexlite.bundle.closure import unknown_extras
from pexlite.bundle.collisions import Collision
from pexlite.bundle.limits import an_interpreter, not_pure, only_here, untried_on_windows
from pexlite.bundle.missing_modules import missing_modules
from pexlite.bundle.plan import Surroundings
from pexlite.bundle.records import unlike_records
from pexlite.bundle.tree import skipped_notices
from pexlite.bundle.without_effect import ineffective_amendments, ineffective_requirements
from pexlite.compile.compilers import uncompiled
from pexlite.model import (
    BuildRequest,
    Bundle,
    Import,
    LocalKind,
    Target,
    Wheel,
)
from pexlite.pipeline.choose_lock import ChosenLock
from pexlite.pipeline.entry_point import Start
from pexlite.pipeline.prepare import Prepared
from pexlite.pipeline.python_floor import Floor
from pexlite.sources.local import LocalWheel, loose_module


@dataclass(frozen=True)
class Stages:
    """The results of a build's stages, in their order."""

    prepared: Prepared
    chosen: ChosenLock
    start: Start
    floor: Floor
    surroundings: Sequence[Surroundings]
    bundle: Bundle
    collisions: Sequence[Collision]
    compiled: Sequence[Target]
    """The targets that bytecode goes in for, each with the interpreter that makes it."""

    @property
    def local(self) -> tuple[LocalWheel, ...]:
        """All local code in the file: requested, from a project's own sources, and named by the entry point."""
        return (*self.prepared.local, *self.chosen.local, *self.start.loose)


def notices(stages: Stages) -> tuple[str, ...]:
    """Sentences for who builds, in the order of what they are about: the request, the lock, the code, the file."""
    prepared, chosen, bundle = stages.prepared, stages.chosen, stages.bundle
    request, specification = prepared.request, prepared.specification
    return (
        *unread_variables(request.launch),
        *(uncompiled(prepared.targets, stages.compiled) if request.bytecode else ()),
        *specification.notices,
        *prepared.notices,
        *ineffective_requirements(prepared.written, prepared.targets),
        *chosen.notices,
        *_damaged_wheels(prepared),
        *_ineffective_amendments(stages),
        *stages.start.notices,
        *stages.floor.notices,
        *_about_local(request, stages.local),
        *_unused(chosen.wheels, bundle),
        *unknown_extras(prepared.roots, bundle.wheels),
        *skipped_notices(bundle.wheels),
        *unlike_records(bundle.wheels),
        *map(str, stages.collisions),
        *_missing_modules(stages),
        *an_interpreter(bundle, _named(prepared)),
        *(not_pure(bundle) if request.index.prefer_pure else ()),
        # One with its own Python is for that one alone.
        *(() if _has_its_own(bundle) else only_here(bundle, stages.surroundings, _with_pure_wheels(chosen))),
        *untried_on_windows(bundle),
    )


def _has_its_own(bundle: Bundle) -> bool:
    return bool(bundle.own_pythons) and not bundle.launch.prefer_host


def _damaged_wheels(prepared: Prepared) -> tuple[str, ...]:
    """A notice about wheels that the store had with other bytes: a disk may be about to fail."""
    names = sorted(set(prepared.workshop.store.damaged))
    if not names:
        return ()
    root = prepared.workshop.store.root
    return (f"{', '.join(names)} in {root} had other bytes than when it came there, and was not used",)


def _ineffective_amendments(stages: Stages) -> tuple[str, ...]:
    """Notices about exclusions and overrides that change nothing."""
    specification, lock = stages.prepared.specification, stages.chosen.lock
    names = [root.requirement.name for root in stages.prepared.written]
    locked = [package.name for package in (specification.lock or lock).packages]
    # What own code imports may be named, so that nobody misses it.
    imported = [one.module.partition(".")[0] for one in _imports(stages)]
    return ineffective_amendments(specification.amendments, [*names, *locked, *imported], stages.bundle.wheels)


def _about_local(request: BuildRequest, local: Sequence[LocalWheel]) -> tuple[str, ...]:
    """Notices about what stayed out of local code, and about patterns of `--include` that took nothing in."""
    matched = {pattern for entry in local for pattern in entry.included}
    idle = [pattern for pattern in request.included if pattern.rstrip("/") not in matched]
    said = dict.fromkeys(notice for entry in local for notice in entry.notices)
    return (*said, *(f"--include {pattern}: nothing that stays out is called so" for pattern in idle))


def _unused(found: Sequence[Wheel], bundle: Bundle) -> tuple[str, ...]:
    """A notice about wheels that were resolved though nothing asks for them, so that none goes missing unseen."""
    used = {wheel.sha256 for wheel in bundle.wheels}
    names = [wheel.filename for wheel in found if wheel.sha256 not in used]
    return (f"left out, since nothing here asks for it: {', '.join(names)}",) if names else ()


def _missing_modules(stages: Stages) -> tuple[str, ...]:
    """Sentences on what the builder's own code imports and nobody has; own is not a wheel that lies here."""
    directory = stages.prepared.request.directory
    return missing_modules(stages.bundle, _imports(stages), lambda name: loose_module(name, directory) is not None)


def _imports(stages: Stages) -> list[Import]:
    files = (LocalKind.WHEEL, LocalKind.SDIST)
    own = [entry.wheel for entry in stages.local if entry.source.kind not in files]
    return [one for wheel in own for one in own_imports(wheel, stages.prepared.workshop.store)]


def _named(prepared: Prepared) -> set[NormalizedName]:
    """The projects that the request names itself, and those of its local code."""
    named = {canonicalize_name(root.requirement.name) for root in prepared.specification.roots}
    return named | {entry.wheel.name for entry in prepared.local}


def _with_pure_wheels(chosen: ChosenLock) -> set[NormalizedName]:
    """The projects of which the lock has a wheel that any platform takes."""
    return {
        package.name
        for package in chosen.lock.packages
        if any(wheel.filename.endswith("-none-any.whl") for wheel in package.wheels or ())
    }
