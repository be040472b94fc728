"""A program for a Python of a trial, as its `sitecustomize`: it decides which of the app's imports are lazy.

    __PEXLITE_LAZY_TRIAL    a directory: `eager` has a module on each line whose imports are made at once, or a
                            star for all; `importers` gets a line for each module that imports something

The file's own start asks for lazy imports; what it asks is done in another way here, and the app's children are
not to do it again.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

python: "Any" = sys
set_mode, set_filter = python.set_lazy_imports, python.set_lazy_imports_filter


def begin(mode: str) -> None:
    """Take the place of sys.set_lazy_imports."""
    place = os.environ.pop("__PEXLITE_LAZY_TRIAL")
    os.environ.pop("PYTHONPATH", None)
    with open(place + "/eager", encoding="utf-8") as file:  # noqa: PTH123 - pathlib is for the app to import
        eager = frozenset(file.read().splitlines())
    known = set()
    # Written at once: an app may end by os._exit.
    importers = os.open(place + "/importers", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    own = os.getpid()

    def is_lazy(importer: str, *_: "Any") -> bool:
        if importer not in known and os.getpid() == own:
            known.add(importer)
            os.write(importers, (importer + "\n").encode("utf-8", "replace"))
        return "*" not in eager and importer not in eager

    python.set_lazy_imports, python.set_lazy_imports_filter = set_mode, set_filter
    set_filter(is_lazy)
    set_mode(mode)


if "__PEXLITE_LAZY_TRIAL" in os.environ:
    python.set_lazy_imports, python.set_lazy_imports_filter = begin, lambda _: None
