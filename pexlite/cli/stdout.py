"""stdout as a stream whose failures are told as its own, wherever they come up; and what stands in for none."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

from pexlite.errors import WriteError


class Stdout(io.TextIOWrapper):
    """stdout; raises WriteError where it cannot be written, and BrokenPipeError where its reader is gone.

    Names of files may hold characters that its encoding has not: they are written as Python writes them.
    """

    @classmethod
    def install(cls) -> None:
        """Have `sys.stdout` be one, unless the process was started without any."""
        given = sys.stdout
        if isinstance(given, io.TextIOWrapper):
            encoding, buffered = given.encoding, given.line_buffering
            sys.stdout = cls(given.detach(), encoding, "backslashreplace", line_buffering=buffered)

    def write(self, text: str) -> int:
        """Write `text`, and return its length."""
        with _told():
            return super().write(text)

    def flush(self) -> None:
        """Have everything written that was printed."""
        with _told():
            super().flush()


def leave(descriptor: int) -> None:
    """Have stdout (1) or stderr (2) lead nowhere from now on: what it still holds would fail when Python ends."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), descriptor)


def close_gaps() -> None:
    """Open /dev/null as each of the three standard streams that the process was started without.

    Else the next file to be opened is one of them, and lines meant for people are written into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as failure:
        leave(1)
        raise WriteError(
            "stdout cannot be written", causes=[(failure.strerror or str(failure)).lower()]
        ) from failure
