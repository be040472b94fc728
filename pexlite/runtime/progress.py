"""What a first start says while it works: nothing, a line on a terminal, or with PEX_VERBOSE each step."""

import os
import sys
import time


class Progress:
    """A line on the terminal from the first second on, erased at the end."""

    def __init__(self, name, total):
        self.name = name
        self.total = total or 1
        self.done = 0
        self.shown = False
        self.start = time.time()
        self.terminal = is_terminal()

    def add(self, size):
        """`size` more bytes are written."""
        self.done += size
        if self.terminal and time.time() - self.start > 1:
            self.shown = True
            percent = 100 * min(self.done, self.total) // self.total
            _write("\r%s: unpacking for the first start, %d %%\x1b[K" % (self.name, percent))

    def erase(self):
        """The line is gone."""
        if self.shown:
            _write("\r\x1b[K")


def is_terminal():
    """Whether there is a person who reads along."""
    try:
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):
        return False


def notice(words):
    """`words` on stderr, if there is one."""
    _write("pexlite: %s\n" % words)


def _write(text):
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass
