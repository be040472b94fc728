"""The runtime room as text, to be copied into every file."""

from __future__ import annotations

import functools
from importlib.resources import files


@functools.cache
def runtime_files() -> tuple[tuple[str, bytes], ...]:
    """Name and content of every module of `pexlite/runtime`, sorted by name."""
    room = files("pexlite").joinpath("runtime")
    return tuple(
        sorted((entry.name, entry.read_bytes()) for entry in room.iterdir() if entry.name.endswith(".py"))
    )
