"""The runtime room -> what of it a file carries: its sources, and what a Python has compiled of them.

bytecode/room-<key>.zip    in the store, made by compile_room.py on one Python
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from packaging.markers import default_environment

from pexlite.compile.bytecode import compile_with, compiling, key_of
from pexlite.errors import FetchError, WriteError
from pexlite.model import Room, RoomBytecode, Target
from pexlite.store.store import Store

_PROGRAM = Path(__file__).with_name("compile_room.py")
Sources = Sequence[tuple[str, str]]


def carried_room(sources: Sources, targets: Sequence[Target], store: Store, *, with_modules: bool) -> Room:
    """The room of these `sources` as a file for `targets` carries it; `with_modules` adds all modules' bytecode.

    Its start is compiled for the first of the targets that compiles here. A target that has no interpreter may be
    the Python that this runs on. A file starts without bytecode too, only later.
    """
    files = tuple(sources)
    here = f"cp{sys.version_info[0]}{sys.version_info[1]}" if sys.implementation.name == "cpython" else None
    for target in targets:
        if target.interpreter is None and target.python == here:
            target = replace(target, interpreter=Path(sys.executable), environment=default_environment())
        # Python 3.6 knows no bytecode that goes by itself (PEP 552).
        if target.python != "cp36" and compiling([target]):
            with contextlib.suppress(FetchError, WriteError):
                compiled = _compiled(files, target, store)
                return Room(files, compiled if with_modules else replace(compiled, modules=()))
    return Room(files, None)


def read_bytecode(content: bytes) -> RoomBytecode:
    """The bytecode that compile_room.py has written, whose output is `content`."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        modules = tuple((name, parts.read(name)) for name in parts.namelist() if name.endswith(".py"))
        return RoomBytecode(parts.read("magic"), parts.read("main"), parts.read("start"), modules)


def _compiled(files: Sources, target: Target, store: Store) -> RoomBytecode:
    """The bytecode that the target's Python makes of the room's modules."""
    modules = json.dumps({name: text for name, text in files if name.endswith(".py")}, sort_keys=True)
    name = f"room-{key_of(target, _PROGRAM, modules)}.zip"
    content = store.bytecode(name)
    if content is None:
        with store.incoming() as incoming:
            incoming.write(modules.encode())
            content = compile_with(_PROGRAM, incoming.path, target, store, name)
    return read_bytecode(content)
