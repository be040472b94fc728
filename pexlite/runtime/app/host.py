"""The host's packages let in, by what is sealed in or said now, here and in children."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Set for children: the app's directory, how the host's packages are let in, and what was added to sys.path.
_PATH = "__PEXLITE_PATH"


class Host:
    """The Python that runs the app in `place`. `keep` is the library's part of sys.path, `given` PYTHONPATH's."""

    def __init__(self, place: str, keep: "list[str]", given: "list[str]") -> None:
        self.place = place
        self.keep = keep
        self.given = given

    def let_in(self, facts: "dict[str, Any]", sealed: str) -> "dict[str, Any]":
        """The facts with the host's entries of sys.path. Children are told of them; else they go by `sealed`."""
        mode = facts["inherit_path"]
        inherited = self._entries(mode)
        entries = inherited + list(facts.get("extra_path", ()))
        os.environ.pop(_PATH, None)
        if entries or mode != sealed:
            # written/_pexlite_path.py reads it.
            os.environ[_PATH] = os.pathsep.join([self.place, mode] + entries)
        return dict(facts, inherited=inherited)

    def _entries(self, mode: str) -> "list[str]":
        """The host's entries of sys.path that are let in.

        In the app's own Python they are those of the start that this process is a child of, else those of the
        Python it stands on.
        """
        place, _, *told = os.environ.get(_PATH, os.pathsep).split(os.pathsep)
        is_own = sys.prefix == self.place
        if is_own and place == self.place:
            sys.path[:] = [entry for entry in sys.path if entry not in told]
        if mode == "false":
            return []
        if not is_own:
            return [entry for entry in sys.path[1:] if entry not in self.keep]
        if place != self.place:
            import site

            before = list(sys.path)
            users = [] if sys.flags.no_user_site else [site.getusersitepackages()]
            for directory in users + site.getsitepackages([sys.base_prefix, sys.base_exec_prefix]):
                if os.path.isdir(directory):
                    site.addsitedir(directory)
            told = [entry for entry in sys.path if entry not in before]
        return [entry for entry in self.given if entry not in self.keep] + told
