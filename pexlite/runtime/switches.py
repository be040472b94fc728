"""The PEX_ switches of one start, taken out of the environment so that children do not inherit them."""

import os
import sys
import time

_INHERIT = ("false", "fallback", "prefer")
_BEGIN = time.time()


def heeded(names, facts, file, prefix):
    """The switches `names`, out of the environment; no return where they ask for another Python or for a tool."""
    switches = Switches(names)
    if switches.python:
        from . import pythons

        pythons.run_asked(file, switches)
    if switches.tools:
        from . import tools

        tools.run(facts, file, prefix, switches)
    return switches


class Switches:
    """What the environment asks of this start; empty or None where it asks nothing."""

    # Of the class, for `failed`, which has no instance at hand.
    verbose = False

    def __init__(self, names):
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

    def say(self, words):
        """With PEX_VERBOSE, `words` are on stderr with the milliseconds since the start."""
        if self.verbose:
            try:
                sys.stderr.write("pexlite: %6.1f ms  %s\n" % ((time.time() - _BEGIN) * 1000, words))
            except (AttributeError, OSError, ValueError):
                pass

    def give_back(self):
        """Put every switch back, for the start that another Python makes of this one."""
        os.environ.update(self.taken)
