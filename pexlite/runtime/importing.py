"""Imports of this room's modules out of the one member of a file that holds them all.

Apart they would be 50 members, and zipimport reads every member's name on every start, which costs more than all
else that a start does; and from Python 3.10 on it compiles twice what it imports. This module parses under Python
2.7.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Optional


def codes_in(content):  # type: (bytes) -> dict[str, bytes]
    """The compiled modules in `content`, each marshalled, by path; {} where another Python has compiled them."""
    if not content or sys.version_info < (3, 6):
        return {}
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    magic, codes = marshal.loads(content)
    return codes if magic == MAGIC_NUMBER else {}


class Room:
    """The modules that a file carries, importable within a `with` statement; `codes` holds compiled ones."""

    def __init__(self, file, texts, codes):  # type: (str, dict[str, str], dict[str, bytes]) -> None
        self.file = file
        self.texts = texts
        self.codes = codes

    def __enter__(self):  # type: () -> Room
        self.path = sys.path[:]
        # The standard library first: nothing that PYTHONPATH names may be taken for zlib or json.
        library = os.path.dirname(os.__file__)
        sys.path[:0] = [library, library + "/lib-dynload", os.path.dirname(library) + "/DLLs"]
        # Nor what is in the place of a standard one already: a backport of enum may do for whoever imported it.
        self.aside = {}
        for name, module in list(sys.modules.items()):
            try:
                where = str(module.__dict__["__file__"])
            except Exception:
                continue  # built in; or it does not like to be asked
            top = library + os.sep + name.partition(".")[0]
            if not where.startswith(library + os.sep) and (os.path.exists(top + ".py") or os.path.exists(top)):
                self.aside[name] = sys.modules.pop(name)
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *failure):  # type: (*object) -> None
        sys.meta_path.remove(self)
        sys.modules.update(self.aside)
        sys.path[:] = self.path

    def find_spec(self, name, path=None, target=None):  # type: (str, object, object) -> Any
        """The spec of a module of this room, None for any other module."""
        inside = self._path(name)
        if inside is None:
            return None
        from _frozen_importlib import ModuleSpec

        return ModuleSpec(name, self, origin=inside, is_package=inside.endswith("__init__.py"))  # type: ignore[arg-type]

    def create_module(self, spec):  # type: (object) -> None
        """None, which has Python make an ordinary module."""

    def exec_module(self, module):  # type: (ModuleType) -> None
        """Run the module's code, compiled in the file or else here."""
        inside = self._path(module.__name__)
        assert inside is not None
        module.__file__ = "%s/__pexlite__/%s" % (self.file, inside)
        exec(self.code(inside), module.__dict__)

    def code(self, inside):  # type: (str) -> Any
        """The code of the module at the path `inside` the room."""
        if inside in self.codes:
            import marshal

            return marshal.loads(self.codes[inside])
        text, name = self.texts[inside], "<pexlite>/" + inside
        if sys.version_info < (3, 6):
            return compile(text, name, "exec", dont_inherit=True)
        # Without docstrings, as what is compiled in a file: the launcher is read by every start.
        return compile(text, name, "exec", dont_inherit=True, optimize=2)

    def load(self, *names):  # type: (str) -> Any
        """The last of these top-level modules, each of which may import those before it.

        For Python 2.7, whose import system differs.
        """
        for known in ("__pexlite__", "__pexlite__.start"):
            sys.modules[known] = sys.modules["__main__"]
        for name in names:
            module = sys.modules["__pexlite__." + name] = type(sys)("__pexlite__." + name)
            module.__package__ = "__pexlite__"
            exec(self.code(name + ".py"), module.__dict__)
        return module

    def get_source(self, name):  # type: (str) -> str
        """The source of a module, for tracebacks."""
        return self.texts[self._path(name) or ""]

    def _path(self, name):  # type: (str) -> Optional[str]
        if name.partition(".")[0] != "__pexlite__":
            return None
        inside = name[len("__pexlite__.") :].replace(".", "/")
        paths = [path for path in (inside + ".py", (inside + "/__init__.py").lstrip("/")) if path in self.texts]
        return paths[0] if paths else None
