"""The entry point of a file, chosen and checked against the sources, and the file's name after it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pexlite.bundle.entry_points import (
    check_attribute,
    check_one_start,
    choose_entry_point,
    missing_module,
    module_source,
    source_of,
)
from pexlite.bundle.suggestions import suggested_reference
from pexlite.bundle.summaries import shortened, summary_of
from pexlite.errors import EntryPointMissing, PexliteError, UsageError
from pexlite.files.paths import is_file
from pexlite.listed import listed
from pexlite.model import BuildRequest, EntryPoint, LocalKind, StartKind, Wheel
from pexlite.pipeline.prepare import Prepared, each_once
from pexlite.sources.local import LocalWheel, local_wheels, loose_module, module_of
from pexlite.wheels.read import read_text

_Failure = TypeVar("_Failure", bound=PexliteError)


@dataclass(frozen=True)
class Start:
    """The entry point, and local modules that it adds to the file."""

    entry_point: EntryPoint
    loose: tuple[LocalWheel, ...] = ()
    """Local modules that are bundled only because the entry point names them."""
    notices: tuple[str, ...] = ()


def check_start(request: BuildRequest) -> None:
    """Raise UsageError for an impossible start: several, invalid names, or the name of a file here."""
    named = _named(request)
    better = _better(request, lambda module: _text_here(module, request.directory))
    try:
        check_one_start(request.commands, request.entry_point)
    except UsageError as failure:
        raise _hinted(failure, better) from failure
    # Without a colon, -c names a wheel's script, which may have such a name.
    if better and named and named.partition(":")[0].endswith(".py") and (request.entry_point or ":" in named):
        raise _hinted(UsageError(f"{named} names a file, and a file starts with a module or a function"), better)


def choose_start(prepared: Prepared, found: Sequence[Wheel]) -> Start:
    """The entry point, checked against the sources without importing them.

    Raises EntryPointMissing, with a suggestion if a similar entry point exists.
    """
    wheels = each_once([*(entry.wheel for entry in prepared.local), *found])
    try:
        return _checked(prepared, wheels)
    except EntryPointMissing as failure:
        directory = prepared.request.directory

        def text_of(module: str) -> str | None:
            source = module_source(module, wheels)
            return read_text(source.wheel, source.member) if source else _text_here(module, directory)

        raise _hinted(failure, _better(prepared.request, text_of)) from failure


def _checked(prepared: Prepared, wheels: tuple[Wheel, ...]) -> Start:
    request, local = prepared.request, prepared.local
    scripts = [entry.wheel for entry in local if entry.source is prepared.specification.script]
    if scripts and not request.commands and not request.entry_point:
        return Start(EntryPoint(StartKind.MODULE, module=module_of(scripts[0])))
    # A project that is compiled for several targets has several wheels.
    projects = {entry.source.path: entry.wheel for entry in local if entry.source.kind is LocalKind.PROJECT}
    start = Start(choose_entry_point(request.commands, request.entry_point, wheels, tuple(projects.values())))
    for part in start.entry_point.parts:
        start = _with_loose_module(start, part, prepared, wheels)
        check_entry_point(part, (*wheels, *(entry.wheel for entry in start.loose)))
    if start.entry_point.commands:
        wheels = (*wheels, *(entry.wheel for entry in start.loose))
        start = replace(start, entry_point=with_summaries(start.entry_point, wheels))
    return start


def _with_loose_module(start: Start, part: EntryPoint, prepared: Prepared, wheels: tuple[Wheel, ...]) -> Start:
    """`start` with the local module that `part` needs and no wheel has. Raises EntryPointMissing without any."""
    request = prepared.request
    missing = missing_module(part, (*wheels, *(entry.wheel for entry in start.loose)))
    if missing is None:
        return start
    source = loose_module(missing, request.directory, request.included)
    if source is None:
        raise _nowhere(missing, part, wheels)
    shown = source.path.relative_to(request.directory)
    notice = f"{missing} is in no wheel, so ./{shown}{'/' if source.path.is_dir() else ''} here is bundled"
    loose = local_wheels([source], prepared.workshop)
    return replace(start, loose=(*start.loose, *loose), notices=(*start.notices, notice))


def check_entry_point(entry_point: EntryPoint, wheels: Sequence[Wheel]) -> None:
    """Raise EntryPointMissing where `wheels` have no such module, or its source defines no such function."""
    written = source_of(entry_point, wheels)
    if written is not None and entry_point.kind is StartKind.FUNCTION:
        text = read_text(written.wheel, written.member)
        check_attribute(entry_point, text, f"{written.member} in {written.wheel.filename}")


def with_summaries(entry_point: EntryPoint, wheels: Sequence[Wheel]) -> EntryPoint:
    """`entry_point`, each of its commands with what its source says of it in a line."""
    commands = []
    for command in entry_point.commands:
        written = module_source(command.module, wheels) if command.module else None
        said = summary_of(read_text(written.wheel, written.member), command.attribute) if written else ""
        commands.append(replace(command, summary=said or _summary_of_project(command.name, wheels)))
    return replace(entry_point, commands=tuple(commands))


def _summary_of_project(script: str, wheels: Sequence[Wheel]) -> str:
    """The Summary of the project that brings `script`; "" where it has none."""
    for wheel in wheels:
        metadata = next((name for name in wheel.files if name.endswith(".dist-info/METADATA")), None)
        if script in wheel.scripts and metadata:
            from email.parser import HeaderParser  # few files are several commands
            from email.policy import compat32

            said = HeaderParser(policy=compat32).parsestr(read_text(wheel, metadata))["Summary"]
            return shortened(str(said or ""))
    return ""


def default_name(entry_point: EntryPoint, prepared: Prepared) -> str:
    """`NAME.pex`, after the requested start, else the local code, the first requirement or the default start."""
    built = (LocalKind.PROJECT, LocalKind.SDIST, LocalKind.WHEEL)
    own = [entry.wheel.name if entry.source.kind in built else entry.source.path.stem for entry in prepared.local]
    module = entry_point.module.partition(".")[0]
    names = [entry_point.script, module if _named(prepared.request) else "", *own]
    names += [root.requirement.name for root in prepared.specification.roots[:1]]
    names += [module, "app"]
    return next(filter(None, names)) + ".pex"


def _named(request: BuildRequest) -> str | None:
    """The one entry point that was typed, by -c or -e; None without one."""
    named = [*request.commands, *([request.entry_point] if request.entry_point else [])]
    return named[0] if len(named) == 1 else None


def _better(request: BuildRequest, text_of: Callable[[str], str | None]) -> str | None:
    """The entry point that was probably meant; None where none is near, or that is the typed one."""
    named = _named(request)
    found = suggested_reference(named, text_of) if named else None
    for near in _near_modules(named or "", request.directory) if found is None else ():
        found = found or suggested_reference(near, text_of)
    # For -c, even the right name of a module is a wrong spelling, since a word means a script.
    return None if found == named and named != request.script else found


def _near_modules(reference: str, directory: Path) -> Iterator[str]:
    """`reference` with its first name replaced by that of a similarly spelt module here."""
    first = re.match(r"(?:\./)?(?:src/)?(\w+)", reference)
    if first:
        paths = [
            path for place in (directory, directory / "src") for path in (*place.glob("*.py"), *place.glob("*/"))
        ]
        for name in difflib.get_close_matches(first[1], {path.stem for path in paths} - {first[1]}, n=2):
            yield name + reference[first.end() :]


def _text_here(module: str, directory: Path) -> str | None:
    """The source of `module` in `directory` or its `src`; None where neither has it."""
    place = module.replace(".", "/")
    for path in (f"{place}.py", f"{place}/__init__.py", f"src/{place}.py", f"src/{place}/__init__.py"):
        if is_file(directory / path):
            return (directory / path).read_text(encoding="utf-8", errors="replace")
    return None


def _hinted(failure: _Failure, better: str | None) -> _Failure:
    """`failure` with the entry point `better` as its hint, if there is one."""
    if better is None:
        return failure
    # For -c, a module without a function would be a script's name.
    typed = better if ":" in better else f"-e {better}"
    return type(failure)(failure.message, causes=failure.causes, hint=f"did you mean {typed}?")


def _nowhere(module: str, entry_point: EntryPoint, wheels: Sequence[Wheel]) -> EntryPointMissing:
    names = [f"{wheel.name} {wheel.version}" for wheel in wheels]
    looked = listed(names)
    return EntryPointMissing(
        f"{module} is in no wheel of this bundle, so {entry_point} cannot start it",
        causes=[
            f"looked in {looked}" if names else "there are no wheels to look in",
            f"no ./{module}.py, ./{module}/ or ./src/{module}/ here",
        ],
        hint="add your code: pexlite … -D path/to/sources",
    )
