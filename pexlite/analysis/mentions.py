"""The modules of the standard library that wheels name in any way: what no code asks for may be left out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from pexlite.model import Wheel

_LARGEST_LIBRARY = 8 << 20  # bytes; beyond, what is no module is of C or C++, and imports nothing of these
_PIECE = 1 << 20
_OVERLAP = 64  # bytes: more than any name and what stands around it


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
            name = member.filename.rpartition("/")[2]
            if ".so" in name and (member.file_size <= _LARGEST_LIBRARY or not name.startswith("lib")):
                for piece in _pieces(archive, member):
                    found |= {one.decode("ascii") for one in in_compiled.findall(piece)}
            elif name.endswith((".py", ".pyx", ".pth", ".start")):
                found |= {one.decode("ascii") for one in in_source.findall(archive.read(member))}
    return found


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's content in pieces that overlap, so that memory stays flat."""
    before = b""
    with archive.open(member) as file:
        while content := file.read(_PIECE):
            yield before + content
            before = content[-_OVERLAP:]
