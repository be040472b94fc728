"""The `pexlite` command: run the command that was meant, and turn its end into words and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from pexlite.cli import failures
from pexlite.cli.commands import PEXLITE


def main() -> NoReturn:
    """Exit with the code of the command line, once it has run."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run `pexlite ARGUMENTS`, say everything there is to say, and return the exit code."""
    _end_cleanly_when_asked_to()
    manner = failures.Manner.of(arguments)
    try:
        # Not PEXLITE.main(), which prints a line of its own on Ctrl-C.
        with PEXLITE.make_context("pexlite", list(arguments)) as context:
            PEXLITE.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        return _reader_is_gone()
    except (KeyboardInterrupt, click.Abort):
        return failures.show_interruption(manner)
    except Exception as failure:  # noqa: BLE001 - the one place where every failure becomes words
        return failures.show(failure, manner)
    return 0


def _end_cleanly_when_asked_to() -> None:
    """Let SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that temporary files go."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # nohup sets SIGHUP to be ignored, and means it.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _unwind)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _reader_is_gone() -> int:
    """The code that a shell reports for a program ended by SIGPIPE; stdout leads nowhere from now on."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return 128 + 13
