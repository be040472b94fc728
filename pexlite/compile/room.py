"""The runtime room -> the part that a file carries: its sources, and bytecode of them.

bytecode/room-<key>.zip in the store, made by compile_room.py on one Python
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import sys
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.markers import default_environment

from pexlite.compile.bytecode import compile_with, key_of
from pexlite.errors import FetchError, WriteError
from pexlite.model import Room, RoomBytecode, Target
from pexlite.store.store import Store

_PROGRAM = Path(__file__).with_name("compile_room.py")
Sources = Sequence[tuple[str, str]]

# What only other starts need than an ordinary first one.
_OTHERS = (
    *("ahead.py", "early.py", "pythons.py", "tools/", "windows/", "written/", "upkeep/"),
    *("app/become.py", "app/commands.py", "app/host.py", "app/lazy.py", "app/libraries.py", "app/own.py"),
    *("app/pex_path.py", "app/program.py", "app/spark.py", "app/startup.py", "app/switches.py", "app/windows.py"),
    *("cache/private.py", "file/frames.py", "file/interpreter.py"),
    *("unpack/aside.py", "unpack/clone.py", "unpack/pool.py", "unpack/split.py", "unpack/threads.py"),
)
_OF_SOME: Mapping[str, tuple[str, ...]] = {
    "imports": ("ahead.py", "unpack/aside.py", "unpack/pool.py"),
    "start list": ("early.py", "unpack/aside.py", "written/_pexlite_early.py"),
    "many files": ("unpack/pool.py",),
    "pieces": ("unpack/split.py",),
    "frames": ("file/frames.py",),
    "stored members": ("unpack/clone.py",),
    "libraries": ("app/libraries.py",),
    "Pythons": ("app/own.py",),
    "commands": ("app/commands.py",),
    "lazy imports": ("app/lazy.py",),
    "sh header": ("written/_pexlite_run.py", "app/become.py", "app/program.py"),
    "more to do": ("app/become.py", "app/program.py"),
    "host's packages": ("app/host.py",),
    "Spark": ("app/spark.py",),
}
"""The modules that a first start loads as well where a file has such a thing."""

# Bytes in a file for each byte of a marshalled module, by the magic number of the first CPython with such code: of
# few modules, of many a sixteenth less. From CPython 3.11 on instructions have caches, which are empty here.
_PACKED = {0: 0.465, 3495: 0.335, 3531: 0.36}


def carried_room(
    sources: Sources, target: Target | None, store: Store, most: float, things: Collection[str] = ()
) -> Room:
    """The room of these `sources`, as files carry it, with bytecode of its start by the `target`'s Python.

    Of what a first start loads, where the file has these `things`, it has modules whose bytecode takes no more
    than `most` bytes in the file; an infinite number means all modules. A file without bytecode starts too, only
    slower.
    """
    files = tuple(sources)
    if target is not None:
        with contextlib.suppress(FetchError, WriteError):
            return Room(files, with_modules(_compiled(files, target, store), most, things))
    return Room(files, None)


def first_compiler(targets: Sequence[Target]) -> Target | None:
    """The first of `targets` that can compile here, with its interpreter; None where none can.

    A target without an interpreter may still be the Python that runs this.
    """
    here = f"cp3{sys.version_info[1]}{'t' if 't' in sys.abiflags else ''}" if _is_cpython() else None
    for target in targets:
        if target.interpreter is None and target.python == here:
            target = replace(target, interpreter=Path(sys.executable), environment=default_environment())
        # Python 3.6 has no unchecked pycs (PEP 552); a PyPy reads the sources.
        if target.interpreter is not None and target.python.startswith("cp") and target.minor > 6:
            return target
    return None


def size_of_modules(room: Room) -> float:
    """The bytes in a file of the modules that `room` has as bytecode, beside its start, about."""
    return sum(len(code) for _, code in room.bytecode.modules) * _packed(room.bytecode) if room.bytecode else 0.0


def with_modules(compiled: RoomBytecode, most: float, things: Collection[str] = ()) -> RoomBytecode:
    """The bytecode of the start, and of those of all the `compiled` modules that `most` bytes hold."""
    kept = []
    packed = _packed(compiled)
    more = {name for thing in things for name in _OF_SOME[thing]}
    for name, code in compiled.modules:
        is_wanted = most == math.inf or name in more or not name.startswith(_OTHERS)
        if is_wanted and len(code) * packed <= most:
            most -= len(code) * packed
            kept.append((name, code))
    return replace(compiled, modules=tuple(kept))


def _packed(compiled: RoomBytecode) -> float:
    return _PACKED[max(magic for magic in _PACKED if magic <= int.from_bytes(compiled.magic[:2], "little"))]


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
