"""`python -m pexlite`, and the `pexlite` command.

The command line takes a fifth of a second to import. Ctrl-C in that time ends the process with a line, as it does
later: nothing has begun that would have to be put in order. So this module imports next to nothing before.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` takes long enough for another Ctrl-C to come
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Exit as the command line does."""
    # Where Ctrl-C is ignored, as behind nohup or in a shell's background, it stays so.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, end_at_once)
    from pexlite.cli import main as command_line

    command_line()


def end_at_once(_number: int, _frame: object) -> NoReturn:
    """Exit with 130 and a line that says why, without any unwinding."""
    os.write(2, b"error: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main()
