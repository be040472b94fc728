"""The parts of its own Python that a file needs: those that few apps use go in where its code names them."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.analysis.imports import own_imports
from pexlite.analysis.mentions import mentioned
from pexlite.model import BuildRequest, EntryPoint, InheritPath, StartKind, Wheel
from pexlite.own_python.selection import LIB2TO3, SQLITE, TERMINAL, Wanted
from pexlite.store.store import Store

_TKINTER = {"tkinter", "turtle", "_tkinter"}


def wanted_parts(
    request: BuildRequest, entry_point: EntryPoint, own: Sequence[Wheel], wheels: Sequence[Wheel], store: Store
) -> Wanted:
    """The parts that a file with this entry point needs, whose `own` code and other `wheels` are these.

    A file that runs code from elsewhere, as an interpreter or with the host's packages, has all but tkinter.
    """
    modules = {one.module.partition(".")[0] for wheel in own for one in own_imports(wheel, store)}
    named = {part.module.partition(".")[0] for part in entry_point.parts}
    runs_others = entry_point.kind is StartKind.INTERPRETER or request.launch.inherit_path is not InheritPath.FALSE
    if request.python_full or runs_others:
        named |= {*SQLITE, *TERMINAL, *LIB2TO3}
    else:
        named |= mentioned((*own, *wheels), (*SQLITE, *TERMINAL, *LIB2TO3))
    return Wanted(
        everything=request.python_full,
        tkinter=not modules.isdisjoint(_TKINTER),
        sqlite3=not named.isdisjoint(SQLITE),
        terminal=not named.isdisjoint(TERMINAL),
        lib2to3=not named.isdisjoint(LIB2TO3),
        as_xz=request.launch.launcher == "elf",
    )
