"""The result of a build or a lock: lines for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pexlite.cli.say import say, write
from pexlite.cli.words import count_in_words, path_in_words, seconds_in_words, size_in_words

if TYPE_CHECKING:
    # LockResult imports `packaging`, which most builds do without.
    from pexlite.model import BuildResult, BundledWheel, InterpreterArchive, LockChange, LockResult, Variant
    from pexlite.tools.info import WheelInfo

_COLUMNS = 80  # of a terminal, and of a log that people read


def show(result: BuildResult, directory: Path, told: Collection[str] = ()) -> None:
    """Print the notices, except those `told` already, and the closing line on stderr."""
    show_notices(result.notices, told)
    if not result.written:
        for wheel in result.wheels:
            say(f"  {wheel.filename}  {size_in_words(wheel.size)}", err=True)
    for line in closing_lines(result, directory):
        say(line, err=True)


def show_lock(result: LockResult, directory: Path, told: Collection[str] = ()) -> None:
    """Print the notices of a lock, except those `told` already, and its closing line on stderr."""
    show_notices(result.notices, told)
    done = f"wrote {path_in_words(result.path, directory)}" if result.path else "locked"
    packages = count_in_words(len({package.name for package in result.lock.packages}), "package")
    for change in result.changes or ():
        say(f"  {change}", err=True)
    changed = [_changes_in_words(result.changes)] if result.changes is not None else []
    say("  ".join([done, packages, *changed, seconds_in_words(result.seconds)]), err=True)


def _changes_in_words(changes: Sequence[LockChange]) -> str:
    """`1 added, 2 removed, 3 changed`, or `nothing changed`."""
    added = sum(not change.before for change in changes)
    removed = sum(not change.after for change in changes)
    counts = {"added": added, "removed": removed, "changed": len(changes) - added - removed}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "nothing changed"


def show_notices(notices: Sequence[str], told: Collection[str] = ()) -> None:
    """Print things worth knowing although nothing failed on stderr, except those `told` already."""
    for notice in notices:
        if notice not in told:
            say(f"note: {notice}", err=True)


def closing_lines(result: BuildResult, directory: Path) -> tuple[str, ...]:
    """`wrote app.pex 1.2 MB, 20% bytecode 7 wheels CPython 3.9-3.14 on linux x86_64`: a line of 80 columns.

    Where the line is too long, the time is left out, then the number of wheels, then the bytecode; if that is not
    enough, as for several platforms, the rest goes on lines of its own.
    """
    done = f"{'wrote' if result.written else 'would write'} {path_in_words(result.path, directory)}"
    size, wheels = size_in_words(result.size), count_in_words(len(result.wheels), "wheel")
    plain_size = size
    if compiled := result.decision.draft.bytecode_size:
        size += f", {max(1, round(100 * compiled / result.size))}% bytecode"
    lazily = "; imports lazily from CPython 3.15 on" if result.decision.lazy_imports else ""
    places, seconds = result.runs_on + lazily, seconds_in_words(result.seconds)
    close = places.replace(" to ", "-")
    for parts in (
        (done, size, wheels, places, seconds),
        (done, size, wheels, close, seconds),
        (done, size, wheels, close),
        (done, size, close),
        (done, plain_size, close),
    ):
        line = "  ".join(parts)
        if len(line) <= _COLUMNS:
            return (line,)
    first = "  ".join((done, size, wheels, seconds))
    return (
        *((first,) if len(first) <= _COLUMNS else (done, "  " + "  ".join((size, wheels, seconds)))),
        *(f"  {place}" for place in close.split("; ")),
    )


def show_json(result: BuildResult, **more: Any) -> None:
    """Print the result as JSON on stdout, with `more` of what was done."""
    write(json.dumps({**as_json(result), **more}, indent=2))


def as_json(result: BuildResult) -> dict[str, Any]:
    """The result of a build for programs."""
    return {
        "path": str(result.path),
        "size": result.size,
        "written": result.written,
        "sha256": result.sha256 if result.written else None,
        "build_id": result.build_id,
        "entry_point": str(result.entry_point) or None,
        "runs_on": result.runs_on,
        "own_pythons": [own_python_as_json(own) for own in result.own_pythons],
        "wheels": [wheel_as_json(wheel) for wheel in result.wheels],
        "targets": list(result.targets),
        "variants": [variant_as_json(variant) for variant in result.variants],
        "bytecode_size": result.decision.draft.bytecode_size,
        "lazy_imports": result.decision.lazy_imports,
        "lock": result.lock,
        "notices": list(result.notices),
        "seconds": round(result.seconds, 3),
    }


def wheel_as_json(wheel: BundledWheel | WheelInfo) -> dict[str, Any]:
    """A wheel of a file, for programs."""
    return {
        "name": wheel.name,
        "version": wheel.version,
        "filename": wheel.filename,
        "size": wheel.size,
        "sha256": wheel.sha256,
    }


def own_python_as_json(own: InterpreterArchive) -> dict[str, Any]:
    """A Python in a file, for programs."""
    return {
        "version": own.version,
        "platform": own.platform,
        "libc": f"{own.libc[0]} {_dotted(own.libc[1])}" if own.libc else None,
        "size": own.size,
        "unpacked": own.unpacked,
        "sha256": own.sha256,
        "source": own.source,
        "source_sha256": own.source_sha256 or None,
        "licence": own.licence,
    }


def variant_as_json(variant: Variant) -> dict[str, Any]:
    """A variant for programs: its Pythons, and its wheels as positions in "wheels"."""
    return {
        "pythons": list(variant.pythons),
        "platform": variant.platform,
        "libc": f"{variant.libc.name} {_dotted(variant.libc.version)}" if variant.libc else None,
        "macos": _dotted(variant.macos) if variant.macos else None,
        "wheels": list(variant.wheels),
    }


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
