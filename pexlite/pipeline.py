"""The pipeline: a request in, a file out. Every step makes a new value; read `build` top to bottom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.pylock import Pylock
from packaging.requirements import Requirement

from pexlite import archive, fetch, installers, resolve, targets
from pexlite import bundle as bundles
from pexlite.errors import EntryPointMissing, TargetError, UsageError
from pexlite.model import (
    Asked,
    BuildRequest,
    BuildResult,
    EntryPoint,
    IndexSettings,
    LocalKind,
    LocalSource,
    Report,
    Root,
    StartKind,
    Target,
    Wheel,
    no_report,
)
from pexlite.version import __version__


def build(request: BuildRequest, report: Report = no_report) -> BuildResult:
    """The file that `request` asks for, written. Raises subclasses of `pexlite.errors.PexliteError`."""
    began = time.monotonic()
    asked = resolve.gather(request)
    _check_something_is_asked(request, asked)
    wanted = targets.find_targets(request.pythons, request.platforms, report)
    _check_requires_python(asked, wanted)
    workshop = _Workshop(
        store=fetch.open_store(),
        settings=resolve.effective_settings(asked.index),
        installer=installers.find_installer(request.resolver),
        target=wanted[0],
        report=report,
    )
    local = workshop.local_wheels(asked.local)
    roots = (*asked.roots, *map(_root, local))
    lock = asked.lock or workshop.lock(roots, asked, wanted)
    found = workshop.collect(lock, wanted, request)
    start = _start(request, asked, local, found, workshop)
    plan = bundles.plan(
        (*roots, *map(_root, start.loose), *(_locked_roots(lock) if asked.lock else ())),
        _unique([*(entry.wheel for entry in (*local, *start.loose)), *found]),
        [_surroundings(target, asked, wheels=found) for target in wanted],
        start.entry_point,
        request.launch,
    )
    output = request.directory / (request.output or _default_name(start.entry_point, local, asked))
    written = archive.write(plan, output, __version__, report)
    return BuildResult(
        path=output,
        size=written.size,
        build_id=written.build_id,
        wheels=plan.wheels,
        targets=wanted,
        variants=plan.variants,
        runs_on=plan.runs_on,
        entry_point=plan.entry_point,
        notices=(*asked.notices, *start.notices, *_unused(found, plan.wheels)),
        seconds=time.monotonic() - began,
    )


@dataclass(frozen=True)
class _Workshop:
    """What the stages that fetch and build all need."""

    store: fetch.Store
    settings: IndexSettings
    installer: installers.Installer
    target: Target
    report: Report

    def local_wheels(self, sources: Sequence[LocalSource]) -> tuple[fetch.LocalWheel, ...]:
        return fetch.local_wheels(
            sources,
            store=self.store,
            installer=self.installer,
            settings=self.settings,
            target=self.target,
            report=self.report,
        )

    def lock(self, roots: Sequence[Root], asked: Asked, wanted: Sequence[Target]) -> Pylock:
        return resolve.lock(
            roots,
            asked.constraint_files,
            wanted,
            asked_index=asked.index,
            settings=self.settings,
            installer=self.installer,
            report=self.report,
        )

    def collect(self, lock: Pylock, wanted: Sequence[Target], request: BuildRequest) -> tuple[Wheel, ...]:
        return fetch.collect(
            lock,
            wanted,
            store=self.store,
            settings=self.settings,
            installer=self.installer,
            report=self.report,
            lock_directory=(request.directory / request.lock).parent if request.lock else request.directory,
        )


@dataclass(frozen=True)
class _Start:
    entry_point: EntryPoint
    loose: tuple[fetch.LocalWheel, ...] = ()
    """Modules bundled only because the entry point names them."""
    notices: tuple[str, ...] = ()


def _start(
    request: BuildRequest,
    asked: Asked,
    local: Sequence[fetch.LocalWheel],
    found: Sequence[Wheel],
    workshop: _Workshop,
) -> _Start:
    """What the file runs, checked against the sources without importing them."""
    wheels = _unique([*(entry.wheel for entry in local), *found])
    scripts = [entry.wheel for entry in local if entry.source is asked.script]
    if scripts and not request.scripts and not request.entry_point:
        return _Start(EntryPoint(StartKind.MODULE, module=fetch.module_of(scripts[0])))
    projects = [entry.wheel for entry in local if entry.source.kind is LocalKind.PROJECT]
    entry_point = bundles.choose_entry_point(request.scripts, request.entry_point, wheels, projects)
    loose: tuple[fetch.LocalWheel, ...] = ()
    notices: tuple[str, ...] = ()
    missing = bundles.missing_module(entry_point, wheels)
    if missing is not None:
        source = fetch.loose_module(missing, request.directory)
        if source is None:
            raise _nowhere(missing, entry_point, wheels)
        loose = workshop.local_wheels([source])
        shown = source.path.relative_to(request.directory)
        notices = (f"{missing} is in no wheel, so ./{shown}{'/' if source.path.is_dir() else ''} here is bundled",)
        wheels = (*wheels, loose[0].wheel)
    written = bundles.source_of(entry_point, wheels)
    if written is not None and entry_point.kind is StartKind.FUNCTION:
        text = fetch.read_text(written.wheel, written.member)
        bundles.check_attribute(entry_point, text, f"{written.member} in {written.wheel.filename}")
    return _Start(entry_point, loose, notices)


def _nowhere(module: str, entry_point: EntryPoint, wheels: Sequence[Wheel]) -> EntryPointMissing:
    names = [f"{wheel.name} {wheel.version}" for wheel in wheels]
    looked = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return EntryPointMissing(
        f"{module} is in no wheel of this bundle, so {entry_point} cannot start it",
        causes=[
            f"looked in {looked}" if names else "there are no wheels to look in",
            f"no ./{module}.py, ./{module}/ or ./src/{module}/ here",
        ],
        hint="add your code: pexlite … -D path/to/sources",
    )


def _root(entry: fetch.LocalWheel) -> Root:
    """The requirement that a local wheel stands for."""
    source, wheel = entry.source, entry.wheel
    extras = f"[{','.join(sorted(source.extras))}]" if source.extras else ""
    marker = f" ; {source.marker}" if source.marker else ""
    return Root(Requirement(f"{wheel.name}{extras} @ {wheel.path.as_uri()}{marker}"), source.origin)


def _locked_roots(lock: Pylock) -> tuple[Root, ...]:
    """Every package of a lock, as a lock is what was asked for; those of extras and groups go by themselves."""
    roots = []
    for package in lock.packages:
        marker = str(package.marker) if package.marker else ""
        if "extras" not in marker and "dependency_groups" not in marker:
            roots.append(Root(Requirement(f"{package.name} ; {marker}" if marker else package.name), "the lock"))
    return tuple(roots)


def _unique(wheels: Sequence[Wheel]) -> tuple[Wheel, ...]:
    """Each wheel once, by its digest; the first one stays."""
    return tuple({wheel.sha256: wheel for wheel in reversed(wheels)}.values())[::-1]


def _unused(found: Sequence[Wheel], taken: Sequence[Wheel]) -> tuple[str, ...]:
    """A word on wheels that were resolved though nothing asks for them, so that none goes missing unseen."""
    used = {wheel.sha256 for wheel in taken}
    names = [wheel.filename for wheel in found if wheel.sha256 not in used]
    return (f"left out, since nothing here asks for it: {', '.join(names)}",) if names else ()


def _surroundings(target: Target, asked: Asked, wheels: Sequence[Wheel]) -> bundles.Surroundings:
    """The other Pythons, and where nothing is compiled the other platforms, that might run the same wheels."""
    near = tuple(other for other in targets.neighbours(target) if _accepts(asked, other))
    elsewhere: tuple[Target, ...] = ()
    if all(tag.platform == "any" for wheel in wheels for tag in wheel.tags):
        elsewhere = tuple(other for python in (target, *near) for other in targets.other_platforms(python))
    return bundles.Surroundings(target, near, elsewhere)


def _accepts(asked: Asked, target: Target) -> bool:
    """Whether the Requires-Python of the script that is built lets `target` in."""
    wanted = asked.requires_python
    return wanted is None or wanted.contains(target.environment["python_full_version"], prereleases=True)


def _check_requires_python(asked: Asked, wanted: Sequence[Target]) -> None:
    unfit = [target.name for target in wanted if not _accepts(asked, target)]
    if unfit:
        raise TargetError(
            f"the script asks for Python {asked.requires_python}, and {', '.join(unfit)} is another",
            hint="build for one that fits: --python 3.X",
        )


def _check_something_is_asked(request: BuildRequest, asked: Asked) -> None:
    if not (asked.roots or asked.local or asked.lock or request.entry_point or request.scripts):
        raise UsageError(
            "nothing to bundle",
            hint="name a requirement or a project: pexlite requests click -c my_cli:main -o my_cli.pex",
        )


def _default_name(entry_point: EntryPoint, local: Sequence[fetch.LocalWheel], asked: Asked) -> Path:
    """`NAME.pex` after the console script, the person's own code, the first requirement or the module."""
    built = (LocalKind.PROJECT, LocalKind.SDIST, LocalKind.WHEEL)
    own = [entry.wheel.name if entry.source.kind in built else entry.source.path.stem for entry in local]
    names = [entry_point.script, *own]
    names += [root.requirement.name for root in asked.roots[:1]]
    names += [entry_point.module.partition(".")[0], "app"]
    return Path(next(filter(None, names)) + ".pex")
