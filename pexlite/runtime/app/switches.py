"""The PEX_ variables of one start, taken out of the environment so that children do not inherit them."""

import os
import sys
import time

# Where and how long the cache lives holds for children too; every other PEX_ variable is for one start only.
KEPT = ("PEX_ROOT", "PEX_KEEP_DAYS")
_INHERIT = ("false", "fallback", "prefer")
_BEGIN = time.time()


class Switches:
    """The wishes of the environment for this start."""

    # Of the class, for those who tell of a failure and have no instance at hand.
    verbose = False

    def __init__(self, names: "list[str]") -> None:
        self.taken = {name: os.environ.pop(name) for name in names}
        get = self.taken.get
        self.interpreter = get("PEX_INTERPRETER", "").lower() in ("1", "true", "yes", "on")
        self.module = get("PEX_MODULE", "")
        self.script = get("PEX_SCRIPT", "")
        self.python = get("PEX_PYTHON", "")
        self.tools = get("PEX_TOOLS", "0") not in ("", "0")
        Switches.verbose = get("PEX_VERBOSE", "0") not in ("", "0")
        self.inherit_path = get("PEX_INHERIT_PATH", "").lower()
        if self.inherit_path in ("1", "true"):
            self.inherit_path = "fallback"
        if self.inherit_path not in _INHERIT:
            self.inherit_path = ""
        self.extra_path = [entry for entry in get("PEX_EXTRA_SYS_PATH", "").split(os.pathsep) if entry]

    @property
    def needs_the_file(self) -> bool:
        """Whether the start is for another Python or a tool, which are in the file alone."""
        return bool(self.python or self.tools)

    def say(self, words: str) -> None:
        """Show `words` on stderr, with the milliseconds since the start, if PEX_VERBOSE is set."""
        if self.verbose:
            try:
                sys.stderr.write("pexlite: %6.1f ms  %s\n" % ((time.time() - _BEGIN) * 1000, words))
            except (AttributeError, OSError, ValueError):
                pass

    def give_back(self) -> None:
        """Put every switch back, for the start that another Python makes of this one."""
        os.environ.update(self.taken)


def names_set() -> "list[str]":
    """The names of the switches that are set."""
    return [name for name in os.environ if name[:4] == "PEX_" and name not in KEPT]
