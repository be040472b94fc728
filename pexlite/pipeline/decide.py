"""From a request to the file's bytes, stage by stage. Read `decide` from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from packaging.pylock import Pylock
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.analysis.imports import own_imports
from pexlite.archive.launch_options import check_launch, unread_variables
from pexlite.archive.layout import draft
from pexlite.archive.runtime_files import room_sources
from pexlite.bundle.closure import unknown_extras
from pexlite.bundle.collisions import collisions
from pexlite.bundle.limits import an_interpreter, not_pure, only_here
from pexlite.bundle.missing_modules import missing_modules
from pexlite.bundle.plan import Surroundings, plan_bundle
from pexlite.bundle.records import unlike_records
from pexlite.bundle.sizes import outsized_wheels
from pexlite.bundle.tree import left_out
from pexlite.bundle.without_effect import idle_amendments, idle_requirements
from pexlite.compile.bytecode import bytecode, compiling
from pexlite.compile.room import carried_room
from pexlite.errors import CollisionError, InvalidWheel, UsageError
from pexlite.model import (
    BuildRequest,
    Bundle,
    Bytecode,
    Decision,
    Draft,
    Import,
    LocalKind,
    Report,
    Root,
    Specification,
    Target,
    Wheel,
    no_report,
)
from pexlite.outputs import Output
from pexlite.pipeline.choose_lock import ChosenLock, choose_lock
from pexlite.pipeline.entry_point import check_start, choose_start, default_name
from pexlite.pipeline.prepare import Prepared, accepts, check_output, each_once, prepare, root_of
from pexlite.pipeline.python_floor import Floor, floor_of
from pexlite.requirements.read import read_request
from pexlite.sources.local import LocalWheel, loose_module
from pexlite.store.uncompressed import uncompressed
from pexlite.targets.surroundings import neighbours, other_platforms
from pexlite.version import __version__
from pexlite.wheels.content import content_digests


def decide(request: BuildRequest, report: Report = no_report) -> Decision:
    """The decision about the file that `request` asks for, with its wheels fetched into the store.

    Raises subclasses of PexliteError.
    """
    check_start(request)
    check_launch(request.launch)
    specification = read_request(request)
    _check_something_is_asked(request, specification)
    if request.output:
        check_output(Output.of(request, request.output), specification)
    prepared = prepare(request, specification, report)
    _check_something_applies(prepared)
    uncompiled = _uncompiled(prepared)
    chosen = choose_lock(prepared)
    start = choose_start(prepared, chosen.wheels)
    name = default_name(start.entry_point, prepared)
    local = (*prepared.local, *start.loose)
    loose = tuple(entry.source for entry in start.loose)
    check_output(
        Output.of(request, request.output or Path(name)),
        replace(specification, local=(*specification.local, *loose)),
    )
    own = tuple(entry.wheel for entry in local)
    floor = floor_of(prepared, local, start.entry_point)
    surroundings = [_surroundings(target, prepared, chosen, own, floor) for target in prepared.targets]
    plan = plan_bundle(
        (*prepared.roots, *map(root_of, start.loose), *chosen.roots),
        each_once([*own, *chosen.wheels]),
        surroundings,
        start.entry_point,
        request.launch,
        chosen.amendments,
    )
    _check_sizes(request, plan)
    return Decision(
        draft=_draft(prepared, plan, report),
        name=name,
        targets=tuple(target.name for target in prepared.targets),
        variants=plan.variants,
        runs_on=plan.runs_on,
        entry_point=plan.entry_point,
        notices=(
            *unread_variables(request.launch),
            *uncompiled,
            *specification.notices,
            *prepared.notices,
            *idle_requirements(_written(prepared), prepared.targets),
            *chosen.notices,
            *_spoilt(prepared),
            *_idle_amendments(prepared, chosen, plan, local),
            *start.notices,
            *floor.notices,
            *_about_local(request, local),
            *_unused(chosen.wheels, plan),
            *unknown_extras(prepared.roots, plan.wheels),
            *left_out(plan.wheels),
            *unlike_records(plan.wheels),
            *_collisions(request, plan),
            *_missing_modules(plan, local, prepared),
            *an_interpreter(plan, _named(prepared)),
            *(not_pure(plan) if request.index.prefer_pure else ()),
            *only_here(plan, surroundings, _with_pure_wheels(chosen)),
        ),
        # What is remembered is small; bytecode is not, and is in the store anyway.
        repeatable=not own
        and not request.bytecode
        and not any(package.directory for package in chosen.lock.packages)
        # That is said once.
        and not prepared.workshop.store.spoilt
        # What was built may be built with something else tomorrow.
        and {wheel.sha256 for wheel in chosen.wheels} <= _digests(chosen.lock),
    )


def _spoilt(prepared: Prepared) -> tuple[str, ...]:
    """A notice about wheels that the store had with other bytes: a disk may be about to fail."""
    names = sorted(set(prepared.workshop.store.spoilt))
    if not names:
        return ()
    root = prepared.workshop.store.root
    return (f"{', '.join(names)} in {root} had other bytes than when it came there, and was not used",)


def _digests(lock: Pylock) -> set[str]:
    """The sha256 of every wheel that `lock` names by it."""
    files = [file for package in lock.packages for file in (*(package.wheels or ()), package.archive)]
    return {file.hashes["sha256"].lower() for file in files if file is not None and "sha256" in file.hashes}


def _draft(prepared: Prepared, plan: Bundle, report: Report) -> Draft:
    """The draft of the file, its wheels uncompressed and bytecode added where the request says so."""
    request, store = prepared.request, prepared.workshop.store
    if not request.compress:
        plan = replace(plan, wheels=uncompressed(plan.wheels, store, report))
    compiled: tuple[Bytecode, ...] = ()
    if request.bytecode:
        compiled = bytecode(plan.wheels, prepared.targets, store, report)
    room = carried_room(room_sources(), prepared.targets, store, with_modules=bool(request.bytecode))
    return draft(plan, __version__, room, compiled)


def _check_sizes(request: BuildRequest, plan: Bundle) -> None:
    outsized = outsized_wheels(plan.wheels)
    if outsized and not request.allow_large:
        raise InvalidWheel(
            outsized[0] if len(outsized) == 1 else f"{len(outsized)} wheels unpack to far more than they are",
            causes=outsized if len(outsized) > 1 else (),
            hint="if they are what they should be: --allow-large",
        )


def _collisions(request: BuildRequest, plan: Bundle) -> tuple[str, ...]:
    """A notice for each pair of wheels that bring different files under one name; with --strict CollisionError."""
    found = collisions(plan, content_digests)
    if found and request.strict:
        raise CollisionError(
            "wheels bring different files under one name",
            causes=list(map(str, found)),
            hint="leave one of the projects out (--exclude), or build without --strict",
        )
    return tuple(map(str, found))


def _about_local(request: BuildRequest, local: Sequence[LocalWheel]) -> tuple[str, ...]:
    """Notices about what stayed out of local code, and about patterns of `--include` that took nothing in."""
    matched = {pattern for entry in local for pattern in entry.included}
    idle = [pattern for pattern in request.included if pattern.rstrip("/") not in matched]
    said = dict.fromkeys(notice for entry in local for notice in entry.notices)
    return (*said, *(f"--include {pattern}: nothing that stays out is called so" for pattern in idle))


def _unused(found: Sequence[Wheel], plan: Bundle) -> tuple[str, ...]:
    """A notice about wheels that were resolved though nothing asks for them, so that none goes missing unseen."""
    used = {wheel.sha256 for wheel in plan.wheels}
    names = [wheel.filename for wheel in found if wheel.sha256 not in used]
    return (f"left out, since nothing here asks for it: {', '.join(names)}",) if names else ()


def _surroundings(
    target: Target, prepared: Prepared, chosen: ChosenLock, own: tuple[Wheel, ...], floor: Floor
) -> Surroundings:
    """`target` with the Pythons and, where no wheel is compiled, the platforms that might run the same wheels."""
    near = tuple(
        other for other in neighbours(target) if accepts(prepared.specification, other) and floor.lets_in(other)
    )
    elsewhere: tuple[Target, ...] = ()
    if all(tag.platform == "any" for wheel in chosen.wheels for tag in wheel.tags):
        elsewhere = tuple(other for python in (target, *near) for other in other_platforms(python))
    # With one target all wheels are its own.
    alone = len(prepared.targets) == 1
    wheels = None if alone else each_once([*own, *chosen.wheels_of(target)])
    return Surroundings(target, near, elsewhere, wheels)


def _named(prepared: Prepared) -> set[NormalizedName]:
    """The projects that the request names itself, and those of its local code."""
    named = {canonicalize_name(root.requirement.name) for root in prepared.specification.roots}
    return named | {entry.wheel.name for entry in prepared.local}


def _missing_modules(plan: Bundle, local: Sequence[LocalWheel], prepared: Prepared) -> tuple[str, ...]:
    """Sentences on what the builder's own code imports and nobody has; own is not a wheel that lies here."""
    imports, directory = _imports(local, prepared), prepared.request.directory
    return missing_modules(plan, imports, lambda name: loose_module(name, directory) is not None)


def _imports(local: Sequence[LocalWheel], prepared: Prepared) -> list[Import]:
    own = [entry.wheel for entry in local if entry.source.kind not in (LocalKind.WHEEL, LocalKind.SDIST)]
    return [one for wheel in own for one in own_imports(wheel, prepared.workshop.store)]


def _with_pure_wheels(chosen: ChosenLock) -> set[NormalizedName]:
    """The projects of which the lock has a wheel that any platform takes."""
    return {
        package.name
        for package in chosen.lock.packages
        if any(wheel.filename.endswith("-none-any.whl") for wheel in package.wheels or ())
    }


def _written(prepared: Prepared) -> list[Root]:
    """The requirements as people wrote them, those that local code stands for included."""
    return [*prepared.specification.roots, *map(root_of, prepared.local)]


def _check_something_applies(prepared: Prepared) -> None:
    """Raise UsageError where every requirement has a marker that is true on no target."""
    request, roots = prepared.request, _written(prepared)
    idle = idle_requirements(roots, prepared.targets)
    if (
        roots
        and len(idle) == len(roots)
        and not (prepared.specification.lock or request.entry_point or request.script)
    ):
        raise UsageError(
            "nothing goes in", causes=idle, hint="mend the markers, or name another target: --python, --platform"
        )


def _uncompiled(prepared: Prepared) -> tuple[str, ...]:
    """A notice about targets that `--compile` has no Python for; UsageError where it has none for any."""
    wanted = prepared.targets if prepared.request.bytecode else ()
    here = compiling(wanted)
    names = ", ".join(target.name for target in wanted if target not in here)
    if wanted and not here:
        raise UsageError(
            f"--compile needs a CPython that the file is for, and none is on this machine: {names}",
            hint="leave it out, or name one that is here: --python 3.12",
        )
    return (f"no bytecode for {names}: no such CPython is on this machine",) if names else ()


def _idle_amendments(
    prepared: Prepared, chosen: ChosenLock, plan: Bundle, local: Sequence[LocalWheel]
) -> tuple[str, ...]:
    names = [root.requirement.name for root in _written(prepared)]
    locked = [package.name for package in (prepared.specification.lock or chosen.lock).packages]
    # What own code imports may be named, so that nobody misses it.
    imported = [one.module.partition(".")[0] for one in _imports(local, prepared)]
    return idle_amendments(prepared.specification.amendments, [*names, *locked, *imported], plan.wheels)


def _check_something_is_asked(request: BuildRequest, specification: Specification) -> None:
    if not (
        specification.roots or specification.local or specification.lock or request.entry_point or request.script
    ):
        raise UsageError(
            "nothing to bundle",
            hint="name a requirement or a project: pexlite requests click -c my_cli:main -o my_cli.pex",
        )
