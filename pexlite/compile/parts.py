"""A bundle -> the parts of its file that a Python has compiled: the runtime, and bytecode of the wheels.

By default the runtime's takes less than a quarter of a file without bytecode, and that of what the entry point
imports first less than a quarter of the file without it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

from pexlite.compile.bytecode import bytecode
from pexlite.compile.first_imports import first_imports
from pexlite.compile.room import Sources, carried_room, size_of_modules
from pexlite.errors import WriteError
from pexlite.model import Bundle, Bytecode, Extent, InheritPath, Report, Room, Target
from pexlite.store.store import Store

_SHARE = 0.24
_FEW = 8  # modules, which no other process compiles ahead
_MANY = 64  # files, which several processes may write
_RUNTIME = 112_000  # bytes of the runtime in a file without bytecode, about


def room_of(bundle: Bundle, sources: Sources, first: Target | None, store: Store) -> Room:
    """The runtime in the file of `bundle`, with its bytecode by the Python of `first`, where there is one."""
    most = {Extent.NONE: 0.0, Extent.FIRST: _SHARE * (_RUNTIME + _size(bundle)), Extent.ALL: math.inf}
    return carried_room(sources, first, store, most[bundle.extent], _things(bundle))


def parts_of(
    bundle: Bundle,
    sources: Sources,
    compilers: Sequence[Target],
    first: Target | None,
    store: Store,
    report: Report,
) -> tuple[Room, tuple[Bytecode, ...]]:
    """The runtime, and the bytecode of the wheels, that go into the file of `bundle`, by the bundle's extent.

    The runtime's and that of the entry point's first imports is by the Python of `first`, where there is one, that
    of all modules by those of the `compilers`, which have their interpreters.
    """
    room = room_of(bundle, sources, first, store)
    if bundle.extent is Extent.ALL:
        return room, bytecode(bundle.wheels, compilers, store, report)
    if bundle.extent is Extent.FIRST and first is not None:
        most = _SHARE * (_RUNTIME + size_of_modules(room) + _size(bundle))
        with contextlib.suppress(WriteError):
            return room, first_imports(bundle, first, store, int(most), report)
    return room, ()


def _size(bundle: Bundle) -> int:
    """The bytes of its Pythons and wheels."""
    return sum(own.size for own in bundle.own_pythons) + sum(wheel.size for wheel in bundle.wheels)


def _things(bundle: Bundle) -> list[str]:
    """The things in the file for which its first start needs more modules of the runtime."""
    found = {
        "imports": len(bundle.imports) > _FEW,
        "start list": bundle.start_lists,
        "many files": sum(len(tree.entries) for tree in bundle.trees) > _MANY * len(bundle.trees),
        "pieces": any(wheel.pieces for wheel in bundle.wheels),
        "frames": any(wheel.frames for wheel in bundle.wheels),
        "commands": bundle.entry_point.commands,
        "libraries": any(".so" in entry.path for tree in bundle.trees for entry in tree.entries),
        "stored members": any(wheel.repacked_from and not wheel.frames for wheel in bundle.wheels),
        "Pythons": bundle.own_pythons,
        "lazy imports": bundle.launch.lazy_imports == "all",
        "sh header": bundle.launch.sh_boot,
        "more to do": not bundle.is_plain,
        "host's packages": bundle.launch.inherit_path is not InheritPath.FALSE,
        "Spark": bundle.spark,
    }
    return [thing for thing, has in found.items() if has]
