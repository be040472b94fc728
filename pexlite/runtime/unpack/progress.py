"""The progress line on the terminal during a first start."""

import os
import sys
import time

_AFTER = 1  # seconds


class Progress:
    """A line on the terminal that appears after a second and is erased at the end."""

    def __init__(self, name: str, total: int) -> None:
        self.name = name
        self.total = total or 1
        self.done = 0
        self.shown = False
        self.start = time.time()
        self.terminal = is_terminal()

    def add(self, size: int) -> None:
        """Count `size` more bytes as written."""
        self.done += size
        if self.terminal and time.time() - self.start > _AFTER:
            self.shown = True
            percent = 100 * min(self.done, self.total) // self.total
            _show("\r%s: unpacking for the first start, %d %%\x1b[K" % (self.name, percent))

    def erase(self) -> None:
        """Erase the line."""
        if self.shown:
            _show("\r\x1b[K")


def is_terminal() -> bool:
    """Whether stderr is a terminal on which a line can be erased."""
    try:
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):
        return False


def _show(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass
