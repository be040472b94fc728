"""The PEX_ variables of one start, taken out of the environment so that children do not inherit them."""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

# Where and how long the cache lives holds for children too; every other switch is for one start only.
KEPT = ("PEX_ROOT", "PEX_KEEP_DAYS")
# Of these a start has one at most.
_STARTS = ("PEX_INTERPRETER", "PEX_MODULE", "PEX_SCRIPT")
_PATHS = ("PEX_EXTRA_SYS_PATH", "PEX_PATH", "PEX_PYTHON_PATH")
TAKEN = _STARTS + _PATHS + ("PEX_INHERIT_PATH", "PEX_PYTHON", "PEX_TOOLS", "PEX_VERBOSE", "PEX_CHOSEN_PYTHON")
_INHERIT = {"": "", "false": "false", "fallback": "fallback", "prefer": "prefer"}
_INHERIT.update({"1": "fallback", "true": "fallback"})
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_BEGIN = time.time()


class Switches:
    """The switches of this start, removed from the environment."""

    # An attribute of the class, because `failed` has no instance at hand.
    verbose = False
    has_noted = False

    def __init__(self, names: "list[str]", idle: "tuple[str, ...]" = ()) -> None:
        """Take these `names` out of the environment; those of `idle` can do nothing in this kind of start."""
        self.taken = {name: os.environ.pop(name) for name in names if name in TAKEN}
        get = self.taken.get
        # With pex it is a number, of how much is said.
        verbose = get("PEX_VERBOSE", "").strip("0")
        Switches.verbose = verbose.isdigit() or self._flag("PEX_VERBOSE")
        self.interpreter = self._flag("PEX_INTERPRETER")
        self.module = get("PEX_MODULE", "")
        self.script = get("PEX_SCRIPT", "")
        self.python = get("PEX_PYTHON", "")
        self.python_path = get("PEX_PYTHON_PATH", "")
        self.tools = self._flag("PEX_TOOLS")
        inherit_path = get("PEX_INHERIT_PATH", "")
        if inherit_path.lower() not in _INHERIT:
            _refuse("PEX_INHERIT_PATH=%s is none of false, fallback and prefer" % inherit_path)
        self.inherit_path = _INHERIT[inherit_path.lower()]
        self.extra_path, self.pex_path = [
            [entry for entry in get(name, "").split(os.pathsep) if entry] for name in _PATHS[:2]
        ]
        starts = [name for name in _STARTS if get(name) and (name != _STARTS[0] or self.interpreter)]
        if len(starts) > 1:
            _refuse("%s each say what starts" % " and ".join(starts), "set one of them")
        # Once, whoever reads them again: for the file's other parts, or for the Python that was chosen.
        is_again = "PEX_CHOSEN_PYTHON" in self.taken or "__PEXLITE_PYTHON_ARGUMENTS" in os.environ
        if not is_again and not Switches.has_noted:
            Switches.has_noted = True
            self._note_what_does_nothing(names, idle)

    def _flag(self, name: str) -> bool:
        value = self.taken.get(name, "")
        if value.lower() not in _YES + _NO:
            _refuse("%s=%s is neither 1 nor 0" % (name, value))
        return value.lower() in _YES

    def _note_what_does_nothing(self, names: "list[str]", idle: "tuple[str, ...]") -> None:
        for name in _PATHS:
            for entry in self.taken.get(name, "").split(os.pathsep):
                if entry and not os.path.exists(entry):
                    _note("%s names %s, which is not there" % (name, entry))
        for name in sorted(names):
            value = self.taken.get(name, "").lower() if name in idle else os.environ.get(name)
            if value and (name not in TAKEN or value not in _NO):
                _note("%s does nothing here" % name)

    def applied(self, facts: "dict[str, Any]") -> "dict[str, Any]":
        """The facts of the file, but for what is said here about the path."""
        inherit_path = self.inherit_path or facts["inherit_path"]
        return dict(facts, inherit_path=inherit_path, extra_path=self.extra_path)

    @property
    def needs_the_file(self) -> bool:
        """Whether the start is for another Python or a tool, which are in the file alone."""
        if self.tools or self.python:
            return True
        entries = self.python_path.split(os.pathsep) if "PEX_CHOSEN_PYTHON" not in self.taken else [""]
        executable = sys.executable or ""
        return entries != [""] and not {executable, os.path.dirname(executable)} & set(entries)

    def say(self, words: str) -> None:
        """Write `words` to stderr with the milliseconds since the start, if PEX_VERBOSE is set."""
        if self.verbose:
            _note("%6.1f ms  %s" % ((time.time() - _BEGIN) * 1000, words))

    def give_back(self) -> None:
        """Put every switch back into the environment, for the Python that this process execs."""
        os.environ.update(self.taken)


def _refuse(message: str, hint: str = "unset it, or set it to one of these") -> "NoReturn":
    sys.exit("error: %s\nhint: %s" % (message, hint))


def _note(words: str) -> None:
    try:
        sys.stderr.write("pexlite: %s\n" % words)
    except (AttributeError, OSError, ValueError):
        pass
