"""The entry point of a patched file: the one that it had, where the new wheels have it too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from packaging.utils import NormalizedName

from pexlite.bundle.entry_points import choose_entry_point, missing_module, source_of
from pexlite.errors import EntryPointMissing
from pexlite.model import EntryPoint, Wheel
from pexlite.pipeline.entry_point import check_entry_point, with_summaries
from pexlite.pipeline.reopen import Reopened


def patched_start(before: Reopened, wheels: Sequence[Wheel], new: Collection[NormalizedName]) -> EntryPoint:
    """The file's entry point, a console script looked up again in `wheels`, of which those named `new` are new.

    Raises EntryPointMissing where a new wheel has it no more.
    """
    was = before.manifest.entry_point
    entry_point = _looked_up(was, wheels)
    if any(missing_module(part, wheels) is not None for part in entry_point.parts):
        raise EntryPointMissing(
            f"{before.path.name} starts with {was}, and the new version has no such module",
            hint="build the file again, with another start: -c or -e",
        )
    for part in entry_point.parts:
        written = source_of(part, wheels)
        if written is not None and written.wheel.name in new:
            check_entry_point(part, wheels)
    return with_summaries(entry_point, wheels)


def _looked_up(was: EntryPoint, wheels: Sequence[Wheel]) -> EntryPoint:
    """`was`, its console scripts as `wheels` have them."""
    if was.script:
        return choose_entry_point((was.script,), None, wheels, ())
    known = {name for wheel in wheels for name in wheel.scripts}
    commands = []
    for command in was.commands:
        now = choose_entry_point((command.name,), None, wheels, ()) if command.name in known else None
        commands.append(replace(command, module=now.module, attribute=now.attribute) if now else command)
    return replace(was, commands=tuple(commands))
