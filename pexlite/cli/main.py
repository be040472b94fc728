"""The `pexlite` command: run a command, and turn its end into words and an exit code."""

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

# Click's own variable: "bash_source" prints the script for bash, "bash_complete" the script's completions.
_COMPLETE = "_PEXLITE_COMPLETE"


def main() -> NoReturn:
    """Exit with the code of the command line once it has run, or once the shell has its completions."""
    close_gaps()
    Stdout.install()
    if callable(signal.getsignal(signal.SIGINT)):
        # From here on Ctrl-C unwinds the stack; before, it ended the process at once (see __main__).
        signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = os.environ.get(_COMPLETE)
    code = _complete(asked) if asked else run(sys.argv[1:])
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # All output is written; a signal during Python's own shutdown would only show a traceback.
        signal.signal(signal.SIGINT, _end_quietly)
    sys.exit(code)


def _end_quietly(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(130)


def run(arguments: Sequence[str]) -> int:
    """Run `pexlite ARGUMENTS` with all its output; return the exit code."""
    _end_cleanly_when_asked_to()
    manner = failures.Manner.of(arguments)
    try:
        # PEXLITE.main() would print a line of its own on Ctrl-C.
        with PEXLITE.make_context("pexlite", list(arguments), color=wants_colour()) as context:
            PEXLITE.invoke(context)
        flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        leave(1)
        return 128 + 13  # as a shell reports a program ended by SIGPIPE
    except (KeyboardInterrupt, click.Abort):
        return failures.show_interruption(manner)
    except Exception as failure:  # noqa: BLE001 - the one place where every failure becomes words
        return failures.show(failure, manner)
    return 0


def _complete(asked: str) -> int:
    from click.shell_completion import shell_complete

    return shell_complete(PEXLITE, {}, "pexlite", _COMPLETE, asked)


def _end_cleanly_when_asked_to() -> None:
    """Let SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that temporary files are removed."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Under nohup SIGHUP is ignored, and stays so.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _unwind)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
