"""The entry point of a patched file: the one that it had, where the new wheels have it too."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from packaging.utils import NormalizedName

from pexlite.bundle.entry_points import check_attribute, choose_entry_point, missing_module, source_of
from pexlite.errors import EntryPointMissing
from pexlite.model import EntryPoint, StartKind, Wheel
from pexlite.pipeline.reopen import Reopened
from pexlite.wheels.read import read_text


def patched_start(before: Reopened, wheels: Sequence[Wheel], new: Collection[NormalizedName]) -> EntryPoint:
    """The file's entry point, a console script looked up again in `wheels`, of which those named `new` are new.

    Raises EntryPointMissing where a new wheel has it no more.
    """
    was = before.manifest.entry_point
    entry_point = choose_entry_point((was.script,), None, wheels, ()) if was.script else was
    if missing_module(entry_point, wheels) is not None:
        raise EntryPointMissing(
            f"{before.path.name} starts with {was}, and the new version has no such module",
            hint="build the file again, with another start: -c or -e",
        )
    written = source_of(entry_point, wheels)
    if written is not None and entry_point.kind is StartKind.FUNCTION and written.wheel.name in new:
        check_attribute(
            entry_point, read_text(written.wheel, written.member), f"{written.member} in {written.wheel.filename}"
        )
    return entry_point
