"""How a file starts: its entry point, chosen and checked against the sources, and the name it gives the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pexlite import bundle as bundles
from pexlite import fetch
from pexlite.errors import EntryPointMissing
from pexlite.groundwork import Prepared, each_once
from pexlite.model import EntryPoint, LocalKind, StartKind, Wheel


@dataclass(frozen=True)
class Start:
    """The entry point, and what it brings into the file."""

    entry_point: EntryPoint
    loose: tuple[fetch.LocalWheel, ...] = ()
    """Local modules that are bundled only because the entry point names them."""
    notices: tuple[str, ...] = ()


def choose_start(prepared: Prepared, found: Sequence[Wheel]) -> Start:
    """The entry point, checked against the sources without importing them. Raises EntryPointMissing."""
    request, local = prepared.request, prepared.local
    wheels = each_once([*(entry.wheel for entry in local), *found])
    scripts = [entry.wheel for entry in local if entry.source is prepared.asked.script]
    if scripts and not request.scripts and not request.entry_point:
        return Start(EntryPoint(StartKind.MODULE, module=fetch.module_of(scripts[0])))
    # Compiled for several targets, one project is several wheels.
    projects = {entry.source.path: entry.wheel for entry in local if entry.source.kind is LocalKind.PROJECT}
    entry_point = bundles.choose_entry_point(
        request.scripts, request.entry_point, wheels, tuple(projects.values())
    )
    loose: tuple[fetch.LocalWheel, ...] = ()
    notices: tuple[str, ...] = ()
    missing = bundles.missing_module(entry_point, wheels)
    if missing is not None:
        source = fetch.loose_module(missing, request.directory, request.included)
        if source is None:
            raise _nowhere(missing, entry_point, wheels)
        loose = prepared.workshop.local_wheels([source])
        shown = source.path.relative_to(request.directory)
        notices = (f"{missing} is in no wheel, so ./{shown}{'/' if source.path.is_dir() else ''} here is bundled",)
        wheels = (*wheels, loose[0].wheel)
    written = bundles.source_of(entry_point, wheels)
    if written is not None and entry_point.kind is StartKind.FUNCTION:
        text = fetch.read_text(written.wheel, written.member)
        bundles.check_attribute(entry_point, text, f"{written.member} in {written.wheel.filename}")
    return Start(entry_point, loose, notices)


def default_name(entry_point: EntryPoint, prepared: Prepared) -> str:
    """`NAME.pex`: the console script's name, else that of the local code, the first requirement or the module."""
    built = (LocalKind.PROJECT, LocalKind.SDIST, LocalKind.WHEEL)
    own = [entry.wheel.name if entry.source.kind in built else entry.source.path.stem for entry in prepared.local]
    names = [entry_point.script, *own]
    names += [root.requirement.name for root in prepared.asked.roots[:1]]
    names += [entry_point.module.partition(".")[0], "app"]
    return next(filter(None, names)) + ".pex"


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
