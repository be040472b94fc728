"""PEX_TOOLS=1: a built file describes itself, or is checked, unpacked or made a venv, instead of running its app.

This is also a program of its own for the cache as a whole, which needs no built file.
"""

import argparse
import os
import sys

from ..failed import end_as_interrupted, shown
from ..file.zip import Damaged, Unreadable
from . import apply, cache, digest, extract, graph, info, links, sbom, venv, verify, warm
from .built_file import USAGE, VERIFICATION, WRITING, BuiltFile, ToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_EPILOG = "Without PEX_TOOLS the file runs its app."
_COMMANDS = (info, verify, venv, extract, warm, links, cache, graph, digest, sbom, apply)


def run(built_file: BuiltFile, arguments: "list[str]") -> "NoReturn":
    """Exit having run the tool that `arguments` name."""
    parser = _Parser(prog="PEX_TOOLS=1 %s" % built_file.name, description="Look into this file.", epilog=_EPILOG)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    options = parser.parse_args(arguments)
    if not options.command:
        parser.error("say what to do")
    _end(lambda: options.do(built_file, options))


def main() -> "NoReturn":
    """Exit having run `cache info` or `cache prune` for the cache that PEX_ROOT or HOME names."""
    parser = _Parser(prog="pexlite")
    cache.add_to(parser.add_subparsers())
    options = parser.parse_args()
    _end(lambda: options.do(None, options))


class _Parser(argparse.ArgumentParser):
    """A parser that reports wrong arguments in one line."""

    def error(self, message: str) -> "NoReturn":
        """Exit with an error in one line."""
        sys.stderr.write("error: %s: %s --help\n" % (message, self.prog))
        sys.exit(USAGE)


def _end(work: "Callable[[], object]") -> "NoReturn":
    """Exit with 0 after `work`, or with its error."""
    try:
        work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        end_as_interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(128 + 13)
    except (ToolError, Damaged, Unreadable) as failure:
        _say_error(str(failure), getattr(failure, "code", VERIFICATION))
    except OSError as failure:
        where = failure.filename
        where = os.fsdecode(where) + ": " if where is not None else ""
        _say_error("%s%s" % (where, failure.strerror or failure), WRITING)
    sys.exit(0)


def _say_error(sentence: str, code: int) -> "NoReturn":
    sys.stdout.flush()
    sys.stderr.write("error: %s\n" % shown(sentence))
    sys.exit(code)


if __name__ == "__main__":
    main()
