"""The modules of the standard library that wheels name in any way: what no code asks for may be left out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence

from pexlite.model import Wheel

_LARGEST_COMPILED = (
    8 << 20
)  # bytes; what is written in C++ has more, and imports by the interpreter's own functions


def mentioned(wheels: Iterable[Wheel], modules: Sequence[str]) -> frozenset[str]:
    """Those of `modules` that code in `wheels` names: by an import, a text that begins so, in compiled code.

    A word in a comment or docstring that looks like an import counts too. Raises OSError and zipfile.BadZipFile.
    """
    found: set[str] = set()
    for wheel in wheels:
        left = [name for name in modules if name not in found]
        if not left:
            break
        found |= _named_in(wheel, left)
    return frozenset(found)


def _named_in(wheel: Wheel, modules: Sequence[str]) -> set[str]:
    names = "|".join(map(re.escape, modules))
    # import readline; import os, sqlite3 as db; from curses import panel; import_module("dbm.ndbm")
    in_source = re.compile(rf"(?:\b(?:import|from)\b[^\n#]*?[ \t,]|[\"'])({names})(?![\w-])".encode())
    in_compiled = re.compile(rf"(?<![\w.])({names})[.\0]".encode())
    found: set[str] = set()
    with zipfile.ZipFile(wheel.path) as archive:
        for member in archive.infolist():
            is_compiled = ".so" in member.filename and member.file_size <= _LARGEST_COMPILED
            if not is_compiled and not member.filename.endswith((".py", ".pyx", ".pth", ".start")):
                continue
            pattern = in_compiled if is_compiled else in_source
            found |= {name.decode("ascii") for name in pattern.findall(archive.read(member))}
    return found
