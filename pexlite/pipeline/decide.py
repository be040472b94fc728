"""From a request to the file's bytes, stage by stage. Read `decide` from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.pylock import Pylock

from pexlite.analysis.start_imports import with_start_imports
from pexlite.archive.launch_options import check_launch
from pexlite.archive.layout import draft
from pexlite.archive.runtime_files import room_sources
from pexlite.archive.windows_launchers import windows_launchers
from pexlite.bundle.collisions import collisions
from pexlite.bundle.plan import Surroundings, plan_bundle, with_own_pythons
from pexlite.bundle.platform_tag import platform_tag
from pexlite.compile.compilers import with_compilers
from pexlite.compile.parts import parts_of
from pexlite.compile.room import first_compiler
from pexlite.errors import UsageError
from pexlite.model import (
    BuildRequest,
    Bundle,
    Decision,
    Draft,
    Extent,
    Kind,
    LaunchOptions,
    Progress,
    Report,
    Specification,
    Target,
    Wheel,
    no_report,
)
from pexlite.outputs import Output, with_platform
from pexlite.pipeline.checks import (
    check_collisions,
    check_compiles,
    check_own_python,
    check_records,
    check_sizes,
    check_something_applies,
    check_something_is_asked,
)
from pexlite.pipeline.choose_lock import ChosenLock, choose_lock
from pexlite.pipeline.entry_point import Start, check_start, choose_start, default_name
from pexlite.pipeline.git_state import git_state
from pexlite.pipeline.lazy_trial import tried as lazily_tried
from pexlite.pipeline.lazy_trial import with_use_of_lazy_imports
from pexlite.pipeline.notices import Stages, notices
from pexlite.pipeline.packed import check_packing, check_reading, not_packed, packed_wheels, reads_zstandard
from pexlite.pipeline.prepare import Prepared, accepts, check_output, each_once, prepare, root_of
from pexlite.pipeline.python_floor import Floor, floor_of
from pexlite.pipeline.uncompressed import still_compressed, uncompressed
from pexlite.requirements.read import read_request
from pexlite.sources.local import LocalWheel
from pexlite.store.pieces import with_pieces
from pexlite.targets.surroundings import neighbours, next_pythons, other_platforms
from pexlite.version import __version__
from pexlite.wheels.content import content_digests

if TYPE_CHECKING:
    from pexlite.own_python.find import PackedPython

_SMALL = 4_000_000  # bytes of bytecode that a decision is remembered with


def decide(request: BuildRequest, report: Report = no_report) -> Decision:
    """The decision about the file that `request` asks for, with its wheels fetched into the store.

    Raises subclasses of PexliteError.
    """
    check_start(request)
    check_launch(request.launch)
    specification = read_request(request)
    check_something_is_asked(request, specification)
    check_own_python(request)
    check_packing(request)
    if request.sbom:
        from pexlite.contents.bill import check_installed

        check_installed()
    if request.output:
        check_output(Output.of(request, request.output), specification)
    prepared = prepare(request, specification, report)
    check_something_applies(prepared)
    check_reading(request, prepared.targets)
    compiled = with_compilers(prepared.targets) if request.bytecode else ()
    check_compiles(prepared, compiled)
    chosen = _chosen(prepared)
    start = choose_start(prepared, chosen.wheels)
    name = default_name(start.entry_point, prepared)
    floor = floor_of(prepared, (*prepared.local, *chosen.local, *start.loose), start.entry_point)
    packed = _packed_pythons(prepared, (*prepared.local, *chosen.local, *start.loose), chosen, start, report)
    own_pythons = tuple(one.python for one in packed)
    surroundings = [_surroundings(target, prepared, chosen, start, floor) for target in prepared.targets]
    if own_pythons and not request.launch.prefer_host:
        surroundings = [
            Surroundings(around.target, (), (), around.wheels, own=own)
            for around, own in zip(surroundings, own_pythons, strict=True)
        ]
    bundle = with_own_pythons(_bundle(prepared, chosen, start, surroundings), own_pythons)
    bundle, useless = with_use_of_lazy_imports(bundle)
    check_sizes(request, bundle)
    check_records(request, bundle)
    platform = platform_tag(bundle, surroundings)
    output = with_platform(request.output or Path(name), platform)
    check_output(Output.of(request, output), _with_loose(specification, start))
    found = collisions(bundle, content_digests)
    check_collisions(request, found)
    stages = Stages(prepared, chosen, start, floor, surroundings, bundle, found, compiled)
    if not request.compress:
        bundle = replace(bundle, wheels=uncompressed(bundle.wheels, prepared.workshop.store, report))
    if request.zstd:
        bundle = replace(bundle, wheels=packed_wheels(bundle.wheels, prepared.workshop.store, report))
    bundle = replace(with_start_imports(bundle, prepared.workshop.store), extent=_extent(request))
    drafted = _draft(prepared, bundle, compiled, report)
    settled, lazily = lazily_tried(bundle, drafted, prepared.targets, request, report)
    if settled.launch != bundle.launch:
        bundle, drafted = settled, _draft(prepared, settled, compiled, report)
    tried: tuple[str, ...] = ()
    if request.trace_start or request.eager:
        bundle, tried = _tried(drafted, bundle, prepared, report)
        drafted = _draft(prepared, bundle, compiled, report)
    return Decision(
        draft=drafted,
        name=name,
        targets=tuple(target.name for target in prepared.targets),
        platform=platform,
        variants=bundle.variants,
        runs_on=bundle.runs_on,
        entry_point=bundle.entry_point,
        notices=(
            *dict.fromkeys(notice for one in packed for notice in one.notices),
            *notices(stages),
            *(() if request.compress else still_compressed(bundle.wheels)),
            *(not_packed(bundle.wheels) if request.zstd else ()),
            *useless,
            *lazily,
            *tried,
        ),
        repeatable=_is_repeatable(stages, drafted),
        lock=chosen.file.name if chosen.file else None,
        lazy_imports=bundle.launch.lazy_imports == "all",
    )


def _chosen(prepared: Prepared) -> ChosenLock:
    """The wheels of the request's virtual environments, or those of a lock."""
    if not prepared.environments:
        return choose_lock(prepared)
    # Imported here: few builds have one.
    from pexlite.pipeline.choose_installed import choose_installed

    return choose_installed(prepared)


def _packed_pythons(
    prepared: Prepared, local: Sequence[LocalWheel], chosen: ChosenLock, start: Start, report: Report
) -> tuple[PackedPython, ...]:
    """The Pythons that the file carries, one for each target, or none.

    With tkinter if `local` code imports it, with sqlite3, readline and curses if any code names them.
    """
    if not prepared.pythons:
        return ()
    # Imported here: few builds have one.
    from pexlite.own_python.find import packed_python
    from pexlite.pipeline.parts_of_python import wanted_parts

    store = prepared.workshop.store
    own = tuple(entry.wheel for entry in local)
    wanted = wanted_parts(prepared.request, start.entry_point, own, chosen.wheels, store)
    return tuple(packed_python(source, wanted, store, report) for source in prepared.pythons)


def _with_loose(specification: Specification, start: Start) -> Specification:
    """`specification` with the local modules that only the entry point names."""
    return replace(specification, local=(*specification.local, *(entry.source for entry in start.loose)))


def _surroundings(
    target: Target, prepared: Prepared, chosen: ChosenLock, start: Start, floor: Floor
) -> Surroundings:
    """`target` with the Pythons and, where no wheel is compiled, the platforms that might run the same wheels."""

    def let_in(others: Sequence[Target]) -> tuple[Target, ...]:
        return tuple(other for other in others if is_possible(other) and floor.lets_in(other))

    def is_possible(other: Target) -> bool:
        is_read = not prepared.request.zstd or reads_zstandard(other.python)
        return is_read and accepts(prepared.specification, other)

    near = let_in(neighbours(target))
    elsewhere: tuple[Target, ...] = ()
    if all(tag.platform == "any" for wheel in chosen.wheels for tag in wheel.tags):
        # No marker tells a free-threaded Python from the other one of that version.
        told_apart = [other for other in near if not other.python.endswith("t")]
        elsewhere = tuple(other for python in (target, *told_apart) for other in other_platforms(python))
    # With one target all wheels are its own.
    alone = len(prepared.targets) == 1
    wheels = None if alone else _wheels(prepared, start, chosen.wheels_of(target))
    return Surroundings(target, near, elsewhere, wheels, coming=lambda: let_in(next_pythons(target)))


def _bundle(prepared: Prepared, chosen: ChosenLock, start: Start, surroundings: Sequence[Surroundings]) -> Bundle:
    """The bundle of all wheels that the targets need."""
    bundle = plan_bundle(
        (*prepared.roots, *map(root_of, start.loose), *chosen.roots),
        _wheels(prepared, start, chosen.wheels),
        surroundings,
        start.entry_point,
        _launch(prepared),
        chosen.amendments,
    )
    request, properties = prepared.request, dict(prepared.specification.build_properties)
    if request.record_git_state:
        properties["git_state"] = git_state(request.directory)
    return replace(bundle, build_properties=properties)


def _launch(prepared: Prepared) -> LaunchOptions:
    """The options on the start; a file with its own Python starts through a launcher."""
    launch = prepared.request.launch
    return replace(launch, sh_boot=True, launcher=launch.launcher or "sh") if prepared.pythons else launch


def _wheels(prepared: Prepared, start: Start, locked: Sequence[Wheel]) -> tuple[Wheel, ...]:
    """The wheels of local code, and those of a lock."""
    return each_once([*(entry.wheel for entry in (*prepared.local, *start.loose)), *locked])


def _extent(request: BuildRequest) -> Extent:
    return {None: Extent.FIRST, False: Extent.NONE, True: Extent.ALL}[request.bytecode]


def _draft(prepared: Prepared, bundle: Bundle, compiled: Sequence[Target], report: Report) -> Draft:
    """The draft of the file; bytecode of all modules is for the targets `compiled`."""
    request, store = prepared.request, prepared.workshop.store
    bundle = replace(bundle, wheels=with_pieces(bundle.wheels, store, report))
    first = first_compiler(compiled or prepared.targets)
    room, packs = parts_of(bundle, room_sources(), compiled, first, store, report)
    if request.sbom:
        from pexlite.contents.planned_file import with_bill  # few files carry one

        bundle = with_bill(bundle, __version__)
    if any(entry.kind is Kind.CONSOLE_SCRIPT for tree in bundle.trees for entry in tree.entries):
        room = replace(room, launchers=windows_launchers(target.platform for target in prepared.targets))
    return draft(bundle, __version__, room, packs)


def _tried(drafted: Draft, bundle: Bundle, prepared: Prepared, report: Report) -> tuple[Bundle, tuple[str, ...]]:
    """`bundle` with what the runs of the finished file have shown, and notices about them."""
    # Imported here: few builds run their file.
    from pexlite.pipeline.start_list import NO_TIMES, Trace, with_start_lists
    from pexlite.pipeline.trial_runs import finished, trial_python

    request = prepared.request
    if not request.trace_start:
        raise UsageError(
            f"--eager {request.eager[0]} adds to a start list, and there is none",
            hint="have one made: --trace-start '--version', with arguments of the file",
        )
    report(Progress("build", "starting the file once"))
    with finished(drafted, trial_python(prepared.targets), request.directory) as file:
        trace = Trace(file)
        runs = [trace.run(words) for words in request.trace_start]
        told = tuple(notice for run in runs for notice in run.notices)
        read = trace.read()
        if not read:
            return bundle, (*told, NO_TIMES)
        bundle = with_start_lists(bundle, {*read, *trace.asked()}, request.eager)
        return replace(bundle, start_libraries=trace.libraries(bundle, read, request.eager)), told


def _is_repeatable(stages: Stages, draft: Draft) -> bool:
    """Whether the same request gives the same `draft` again, as long as the lock is the same, and it is kept."""
    lock = stages.chosen.lock
    return (
        not stages.local
        and not stages.prepared.request.trace_start
        # What is remembered is small; much bytecode is not, and is in the store anyway.
        and draft.bytecode_size < _SMALL
        and not any(package.directory for package in lock.packages)
        # That is said once.
        and not stages.prepared.workshop.store.damaged
        # What was built may be built with something else tomorrow.
        and {wheel.sha256 for wheel in stages.chosen.wheels} <= _digests(lock)
    )


def _digests(lock: Pylock) -> set[str]:
    """The sha256 of every wheel that `lock` names by it."""
    files = [file for package in lock.packages for file in (*(package.wheels or ()), package.archive)]
    return {file.hashes["sha256"].lower() for file in files if file is not None and "sha256" in file.hashes}
