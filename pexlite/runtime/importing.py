"""Imports of this room's modules out of the one member of a file that holds them all.

Apart they would be 50 members, and zipimport reads every member's name on every start, which costs more than all
else that a start does; and from Python 3.10 on it compiles twice what it imports. This module parses under Python
2.7.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, Optional, Union

    Sources = Union[dict[str, str], "Texts"]

_AT_ONCE = 1 << 15  # bytes


class Texts:
    """The sources in a room's member, by path, which is inflated as far as they are asked for.

    `packed` returns the member as it lies in the file. A first start whose modules are all compiled needs no more
    than the files of written/, which come first.
    """

    def __init__(self, packed):  # type: (Callable[[], bytes]) -> None
        self._packed = packed
        self._inflating = None  # type: Any
        self._rest = b""
        self._found = {}  # type: dict[str, str]
        self._last = b""  # of the text so far, from the form feed before the last source

    def __contains__(self, path):  # type: (str) -> bool
        while path not in self._found and self._inflate():
            pass
        return path in self._found

    def __getitem__(self, path):  # type: (str) -> str
        if path not in self:
            raise KeyError(path)
        return self._found[path]

    def _inflate(self):  # type: () -> bool
        """Whether there was more of the member, of which some is inflated."""
        import zlib

        if self._inflating is None:
            self._inflating, self._rest = zlib.decompressobj(-15), self._packed()
        text = self._inflating.decompress(self._rest, _AT_ONCE)
        self._rest = self._inflating.unconsumed_tail
        parts = (self._last + text).split(b"\f")
        self._last = b"\f" + parts.pop() if text else b""
        self._found.update([part.decode("utf-8").split("\n", 1) for part in parts if part])
        return bool(text)


class Room:
    """The modules that a file carries, importable within a `with` statement; `codes` holds compiled ones."""

    def __init__(self, file, texts, codes):  # type: (str, Sources, dict[str, bytes]) -> None
        self.file = file
        self.texts = texts
        self.codes = codes
        self._compiled = {}  # type: dict[str, Any]

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
        if inside not in self._compiled:  # the launcher holds some of the modules that a first start imports
            text, name = self.texts[inside], "<pexlite>/" + inside
            # Without docstrings, as what is compiled in a file: the launcher is read by every start.
            options = {"optimize": 2} if sys.version_info > (3, 6) else {}  # type: dict[str, Any]
            self._compiled[inside] = compile(text, name, "exec", dont_inherit=True, **options)
        return self._compiled[inside]

    def marshalled(self, inside):  # type: (str) -> bytes
        """The code of the module at the path `inside` the room, marshalled."""
        if inside in self.codes:
            return self.codes[inside]
        import marshal

        return marshal.dumps(self.code(inside))

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
        paths = (inside + ".py", (inside + "/__init__.py").lstrip("/"))
        for known in (self.codes, self.texts):
            for path in paths:
                if path in known:
                    return path
        return None
