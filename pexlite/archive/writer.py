"""A Draft written as a file, its wheels copied from the store by the kernel where possible."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from pexlite.errors import WriteError
from pexlite.files.digests import sha256_of
from pexlite.model import BundledWheel, Draft, Progress, Report, no_report
from pexlite.outputs import Kind, Output


def write(planned: Draft, output: Path, report: Report = no_report, *, force: bool = False) -> None:
    """Write the executable file `planned` to `output`; with `force`, also in place of any other file.

    The old file stays until the new one is complete. Raises WriteError.
    """
    total = sum(wheel.size for wheel in planned.wheels)
    done = 0
    with Output(output, Kind.APPLICATION, force).replaced() as file:
        os.fchmod(file.fileno(), 0o755)
        file.write(planned.header)
        for wheel, before in zip(planned.wheels, planned.wheel_headers, strict=True):
            report(Progress("write", wheel.filename, done, total))
            file.write(before)
            _copy(wheel, file)
            done += wheel.size
        report(Progress("write", "", total, total))
        file.write(planned.rest)


def _copy(wheel: BundledWheel, file: BinaryIO) -> None:
    """Append the wheel's bytes, copied by the kernel where possible. Raises WriteError where they have changed."""
    file.flush()
    with wheel.path.open("rb", buffering=0) as source:
        left = wheel.size
        while left:
            try:
                copied = os.copy_file_range(source.fileno(), file.fileno(), left)
            except (AttributeError, OSError):
                copied = _copy_through_memory(source, file, left)
            if not copied:
                raise WriteError(
                    f"{wheel.filename} became shorter while it was copied",
                    hint="clear pexlite's cache of wheels and build again",
                )
            left -= copied
        if sha256_of(source) != wheel.sha256:
            raise WriteError(
                f"{wheel.filename} was changed while it was copied",
                causes=[f"at {wheel.path}"],
                hint="build again, and find out what writes there",
            )
    file.seek(0, os.SEEK_END)


def _copy_through_memory(source: BinaryIO, file: BinaryIO, size: int) -> int:
    block = os.read(source.fileno(), min(size, 1 << 20))
    view = memoryview(block)
    while view:
        view = view[os.write(file.fileno(), view) :]
    return len(block)
