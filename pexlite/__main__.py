"""`python -m pexlite`, and the `pexlite` command.

Importing the command line takes a fifth of a second. Ctrl-C during that time ends the process with one line, as
later too; nothing has been started that needs cleaning up. So this module imports almost nothing before.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` takes long enough for another Ctrl-C to come
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Exit as the command line does."""
    # Where Ctrl-C is ignored, as under nohup or in a shell's background, it stays so.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, end_at_once)
    if sys.argv[1:2] == ["push"]:
        from pexlite.ship import ahead

        ahead.begin(sys.argv[1:])
    from pexlite.cli import main as command_line

    command_line()


def end_at_once(_number: int, _frame: object) -> NoReturn:
    """Exit with 130 and one line, without unwinding the stack."""
    os.write(2, b"error: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main()
