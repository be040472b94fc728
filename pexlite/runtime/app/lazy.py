"""Imports that wait until they are needed, from Python 3.15 on (PEP 810): `--lazy-imports`."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def begin(eager: "tuple[str, ...]") -> None:
    """Have modules loaded when their names are first used, but at once where a module named in `eager` imports.

    -X lazy_imports wins, and so does PYTHON_LAZY_IMPORTS=normal.
    """
    python: Any = sys
    # The flag is the same for "normal" as for nothing.
    if "lazy_imports" in sys._xoptions or os.environ.get("PYTHON_LAZY_IMPORTS") == "normal":
        return
    if eager:
        at_once = frozenset(eager)
        python.set_lazy_imports_filter(lambda importer, name, names: importer not in at_once)
    python.set_lazy_imports("all")
