"""The modules of the runtime room that ship uses, as modules here."""

from __future__ import annotations

import functools
import importlib
import sys
import types
from typing import Any

from pexlite.archive.runtime_files import ROOM_DIRECTORY

_PACKAGE = "pexlite_room"


def reassemble() -> Any:
    """The module that puts a file together, the same that does it on a host and in a built file."""
    return _tool("reassemble")


def patched() -> Any:
    """The module that makes old content new, the same that does it on a host and in a built file."""
    return _tool("patched")


def reblocked() -> Any:
    """The module that makes what gzip deflated of what zlib does, the same on a host and in a built file."""
    return _tool("reblocked")


@functools.cache
def _tool(name: str) -> Any:
    package = sys.modules.setdefault(_PACKAGE, types.ModuleType(_PACKAGE))
    package.__path__ = [str(ROOM_DIRECTORY / "tools")]
    return importlib.import_module(f"{_PACKAGE}.{name}")
