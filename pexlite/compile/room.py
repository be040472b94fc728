"""The runtime room -> the part that a file carries: its sources, and bytecode of them.

bytecode/room-<key>.zip in the store, made by compile_room.py on one Python
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path

from packaging.markers import default_environment

from pexlite.compile.bytecode import compile_with, key_of
from pexlite.errors import FetchError, WriteError
from pexlite.model import Bundle, Room, RoomBytecode, Target
from pexlite.store.store import Store

_PROGRAM = Path(__file__).with_name("compile_room.py")
Sources = Sequence[tuple[str, str]]


class Modules(Enum):
    """The modules of the room that a file has as bytecode too, beside its start."""

    NONE = "none"
    OF_FIRST_START = "those that an ordinary first start loads, or puts into the launcher"
    ALL = "all"


_OTHERS = (
    *("early.py", "pythons.py", "tools/", "windows/", "written/", "upkeep/"),
    *("app/commands.py", "app/lazy.py", "app/pex_path.py", "app/startup.py", "app/windows.py"),
    *("cache/private.py", "file/frames.py", "unpack/bytecode.py", "unpack/split.py", "unpack/threads.py"),
)
_BYTES_BESIDE = 400_000  # of which the bytecode of a first start is less than a quarter


def modules_of(bundle: Bundle, *, with_bytecode: bool) -> Modules:
    """The modules of the room that are compiled in a file of `bundle`, whose wheels may be too.

    Compiling what a first start loads takes it some 70 ms. Small files leave that to the start.
    """
    if with_bytecode:
        return Modules.ALL
    large = bundle.own_pythons or sum(wheel.size for wheel in bundle.wheels) >= _BYTES_BESIDE
    return Modules.OF_FIRST_START if large else Modules.NONE


def carried_room(sources: Sources, targets: Sequence[Target], store: Store, modules: Modules) -> Room:
    """The room of these `sources`, as files for `targets` carry it, with bytecode of its start and of `modules`.

    The start is compiled for the first target that can compile here. A target without an interpreter may still be
    the Python that runs this. A file without bytecode starts too, only slower.
    """
    files = tuple(sources)
    here = f"cp3{sys.version_info[1]}{'t' if 't' in sys.abiflags else ''}" if _is_cpython() else None
    for target in targets:
        if target.interpreter is None and target.python == here:
            target = replace(target, interpreter=Path(sys.executable), environment=default_environment())
        # Python 3.6 has no unchecked pycs (PEP 552); a PyPy reads the sources.
        if target.interpreter is not None and target.python.startswith("cp") and target.minor > 6:
            with contextlib.suppress(FetchError, WriteError):
                return Room(files, with_modules(_compiled(files, target, store), modules))
    return Room(files, None)


def with_modules(compiled: RoomBytecode, modules: Modules) -> RoomBytecode:
    """The bytecode of the start and of `modules`, out of that of all."""
    left_out = {Modules.NONE: ("",), Modules.OF_FIRST_START: _OTHERS, Modules.ALL: ()}[modules]
    kept = tuple((name, code) for name, code in compiled.modules if not name.startswith(left_out))
    return replace(compiled, modules=kept)


def _is_cpython() -> bool:
    return sys.implementation.name == "cpython"


def read_bytecode(content: bytes) -> RoomBytecode:
    """The bytecode in `content`, the output of compile_room.py."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        modules = tuple((name, parts.read(name)) for name in parts.namelist() if name.endswith(".py"))
        return RoomBytecode(parts.read("magic"), parts.read("main"), parts.read("start"), modules)


def _compiled(files: Sources, target: Target, store: Store) -> RoomBytecode:
    """The bytecode of the room's modules by the target's Python."""
    modules = json.dumps({name: text for name, text in files if name.endswith(".py")}, sort_keys=True)
    name = f"room-{key_of(target, _PROGRAM, modules)}.zip"
    content = store.bytecode(name)
    if content is None:
        with store.incoming() as incoming:
            incoming.write(modules.encode())
            content = compile_with(_PROGRAM, incoming.path, target, store, name)
    return read_bytecode(content)
