"""stdout as a stream that reports its failures as its own; and replacements for missing standard streams."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

from pexlite.errors import WriteError


class Stdout(io.TextIOWrapper):
    """stdout; raises WriteError where it cannot be written, and BrokenPipeError where its reader has gone.

    Characters of file names that its encoding lacks are escaped as in Python.
    """

    @classmethod
    def install(cls) -> None:
        """Replace `sys.stdout`, unless the process was started without one."""
        given = sys.stdout
        if isinstance(given, io.TextIOWrapper):
            encoding, buffered = given.encoding, given.line_buffering
            sys.stdout = cls(given.detach(), encoding, "backslashreplace", line_buffering=buffered)

    def write(self, text: str) -> int:
        """Write `text`; return its length."""
        with _as_write_errors():
            return super().write(text)

    def flush(self) -> None:
        """Write everything printed so far."""
        with _as_write_errors():
            super().flush()


def leave(descriptor: int) -> None:
    """Redirect stdout (1) or stderr (2) to /dev/null: writing its rest would fail at Python's end."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), descriptor)


def close_gaps() -> None:
    """Open /dev/null for each standard stream that the process was started without.

    Otherwise the next opened file would get its number, and messages would be written into that file.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


@contextlib.contextmanager
def _as_write_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as failure:
        leave(1)
        raise WriteError(
            "stdout cannot be written", causes=[(failure.strerror or str(failure)).lower()]
        ) from failure
