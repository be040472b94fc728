"""A Draft written as a file, Pythons and wheels copied from the store by the kernel where possible."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from pexlite.errors import WriteError
from pexlite.files.digests import sha256_of
from pexlite.model import BundledWheel, Draft, OwnPython, Progress, Report, no_report
from pexlite.outputs import Kind, Output


def write(planned: Draft, output: Path, report: Report = no_report, *, force: bool = False) -> None:
    """Write the executable file `planned` to `output`; with `force`, also in place of any other file.

    The old file stays until the new one is complete. Raises WriteError.
    """
    parts: tuple[OwnPython | BundledWheel, ...] = (*planned.own_pythons, *planned.wheels)
    headers = (*planned.own_python_headers, *planned.wheel_headers)
    total = sum(part.size for part in parts)
    done = 0
    with Output(output, Kind.APPLICATION, force).replaced() as file:
        os.fchmod(file.fileno(), 0o755)
        file.write(planned.header)
        for part, before in zip(parts, headers, strict=True):
            report(Progress("write", part.filename, done, total))
            file.write(before)
            _copy(part, file)
            done += part.size
        report(Progress("write", "", total, total))
        file.write(planned.rest)


def _copy(part: OwnPython | BundledWheel, file: BinaryIO) -> None:
    """Append the bytes of `part`, copied by the kernel where possible. Raises WriteError if they have changed."""
    file.flush()
    with part.path.open("rb", buffering=0) as source:
        left = part.size
        while left:
            try:
                copied = os.copy_file_range(source.fileno(), file.fileno(), left)
            except (AttributeError, OSError):
                copied = _copy_through_memory(source, file, left)
            if not copied:
                raise WriteError(
                    f"{part.filename} became shorter while it was copied",
                    hint="clear pexlite's cache of wheels and build again",
                )
            left -= copied
        if sha256_of(source) != part.sha256:
            raise WriteError(
                f"{part.filename} was changed while it was copied",
                causes=[f"at {part.path}"],
                hint="build again, and find out what writes there",
            )
    file.seek(0, os.SEEK_END)


def _copy_through_memory(source: BinaryIO, file: BinaryIO, size: int) -> int:
    block = os.read(source.fileno(), min(size, 1 << 20))
    view = memoryview(block)
    while view:
        view = view[os.write(file.fileno(), view) :]
    return len(block)
