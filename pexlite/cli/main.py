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
from pexlite.cli.say import flush, wants_colour
from pexlite.cli.stdout import Stdout, close_gaps, leave

# Click's own: "bash_source" has the script for bash on stdout, "bash_complete" what the script asks for.
_COMPLETE = "_PEXLITE_COMPLETE"


def main() -> NoReturn:
    """Exit with the code of the command line, once it has run, or having told a shell how it may go on."""
    close_gaps()
    Stdout.install()
    if callable(signal.getsignal(signal.SIGINT)):
        # Until now Ctrl-C has ended the process at once (see __main__).
        signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = os.environ.get(_COMPLETE)
    code = _complete(asked) if asked else run(sys.argv[1:])
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # All is said, and what Python does at its end would be left with a traceback.
        signal.signal(signal.SIGINT, _end_quietly)
    sys.exit(code)


def _end_quietly(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(130)


def run(arguments: Sequence[str]) -> int:
    """Run `pexlite ARGUMENTS`, say everything there is to say, and return the exit code."""
    _end_cleanly_when_asked_to()
    manner = failures.Manner.of(arguments)
    try:
        # Not PEXLITE.main(), which prints a line of its own on Ctrl-C.
        with PEXLITE.make_context("pexlite", list(arguments), color=wants_colour()) as context:
            PEXLITE.invoke(context)
        flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        leave(1)
        return 128 + 13  # as a shell reports a program that SIGPIPE has ended
    except (KeyboardInterrupt, click.Abort):
        return failures.show_interruption(manner)
    except Exception as failure:  # noqa: BLE001 - the one place where every failure becomes words
        return failures.show(failure, manner)
    return 0


def _complete(asked: str) -> int:
    from click.shell_completion import shell_complete

    return shell_complete(PEXLITE, {}, "pexlite", _COMPLETE, asked)


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
