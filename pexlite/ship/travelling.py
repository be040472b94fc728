"""The modules of the runtime room that ship uses: as texts that travel to a host, and as modules here."""

from __future__ import annotations

import base64
import functools
import importlib
import sys
import types
import zlib
from pathlib import Path
from typing import Any

from pexlite.archive.runtime_files import ROOM_DIRECTORY

_PACKAGE = "pexlite_travelling"
_HERE = Path(__file__).parent / "remote"
_TOOLS = ROOM_DIRECTORY / "tools"
# In the order in which they need each other, with the package that each takes itself to be in.
_FIRST = {
    "arrived": ("remote", _HERE / "arrived.py"),
    "machine": ("remote", _HERE / "machine.py"),
    "place": ("remote", _HERE / "place.py"),
}
# A push of what is there already does without these.
_REST = {
    "system": ("room", ROOM_DIRECTORY / "system.py"),
    "archive": ("room.file", ROOM_DIRECTORY / "file" / "zip.py"),
    "patched": ("room.tools", _TOOLS / "patched.py"),
    "reassemble": ("room.tools", _TOOLS / "reassemble.py"),
    "old_files": ("remote", _HERE / "old_files.py"),
    "host": ("remote", _HERE / "host.py"),
}
_LOADER = """import sys
import types
loaded = {}
def load(name, package, text):
    sys.modules.setdefault(package, types.ModuleType(package))
    module = loaded[name] = sys.modules[package + "." + name] = types.ModuleType(package + "." + name)
    module.__dict__.update(loaded, __package__=package)
    setattr(sys.modules[package], name, module)
    exec(compile(text, name, "exec"), module.__dict__)
    globals().update(loaded)
"""


@functools.cache
def program() -> bytes:
    """The program for a host, as one line: deflated, in base64."""
    first, rest = (
        "".join(
            f"load({name!r}, {package!r}, {path.read_text(encoding='utf-8')!r})\n"
            for name, (package, path) in parts.items()
        )
        for parts in (_FIRST, _REST)
    )
    later = "def load_rest():\n" + "".join(f"    {line}\n" for line in rest.splitlines())
    text = _LOADER + first + later + (_HERE / "program.py").read_text(encoding="utf-8")
    return base64.b64encode(zlib.compress(text.encode(), 9)) + b"\n"


def reassemble() -> Any:
    """The module that puts a file together, the same that does it on a host and in a built file."""
    return _tool("reassemble")


def patched() -> Any:
    """The module that makes old content new, the same that does it on a host and in a built file."""
    return _tool("patched")


@functools.cache
def _tool(name: str) -> Any:
    package = sys.modules.setdefault(_PACKAGE, types.ModuleType(_PACKAGE))
    package.__path__ = [str(_TOOLS)]
    return importlib.import_module(f"{_PACKAGE}.{name}")
