"""A Draft written as a file, its wheels copied from the store by the kernel where it can. Building is copying."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pexlite.errors import WriteError
from pexlite.model import BundledWheel, Draft, Progress, Report, no_report
from pexlite.replacing import replacing


def write(planned: Draft, output: Path, report: Report = no_report) -> None:
    """Write the executable file `planned` to `output`.

    The old file stays as it is until the new one is whole. Raises WriteError.
    """
    total = sum(wheel.size for wheel in planned.wheels)
    done = 0
    with _replacing(output) as file:
        try:
            file.write(planned.header)
            for wheel, before in zip(planned.wheels, planned.wheel_headers, strict=True):
                report(Progress("write", wheel.filename, done, total))
                file.write(before)
                _copy(wheel, file)
                done += wheel.size
            report(Progress("write", "", total, total))
            file.write(planned.rest)
        except OSError as failure:
            raise _cannot_write(output, failure) from failure


def _copy(wheel: BundledWheel, file: BinaryIO) -> None:
    """Append the wheel's bytes, copied by the kernel where it can."""
    file.flush()
    with wheel.path.open("rb") as source:
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
    file.seek(0, os.SEEK_END)


def _copy_through_memory(source: BinaryIO, file: BinaryIO, size: int) -> int:
    block = os.read(source.fileno(), min(size, 1 << 20))
    view = memoryview(block)
    while view:
        view = view[os.write(file.fileno(), view) :]
    return len(block)


@contextlib.contextmanager
def _replacing(output: Path) -> Iterator[BinaryIO]:
    """A new file beside `output` that takes its place when all went well, and is gone when not."""
    try:
        kind = output.stat().st_mode
    except OSError:
        kind = stat.S_IFREG  # there is nothing, or what opening it will tell
    if stat.S_ISDIR(kind):
        raise WriteError(f"{output} is a directory", hint=f"name a file in it: -o {output / 'app.pex'}")
    if not stat.S_ISREG(kind):
        # As root, a file would take the place of the device: /dev/null would be gone for everybody.
        raise WriteError(f"{output} is no file that could be replaced", hint="name a file: -o app.pex")
    try:
        with replacing(output) as file:
            os.fchmod(file.fileno(), 0o755)
            yield file
    except OSError as failure:
        raise _cannot_write(output, failure) from failure


def _cannot_write(output: Path, failure: OSError) -> WriteError:
    hint = "name a place that can be written with -o"
    if not output.parent.exists():
        hint = f"make its directory first: mkdir -p {output.parent}"
    return WriteError(f"cannot write {output}", causes=[failure.strerror or str(failure)], hint=hint)
