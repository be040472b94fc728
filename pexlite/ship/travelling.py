"""The host's side as texts that travel: first what says that a file is there, then the rest.

Read while ssh connects, so with the little that Python has loaded by itself.
"""

from __future__ import annotations

import os
import zlib
from binascii import b2a_base64

_HERE = os.path.join(os.path.dirname(__file__), "remote")
_ROOM = os.path.join(os.path.dirname(os.path.dirname(__file__)), "runtime")
# In the order in which they need each other, with the package that each takes itself to be in.
_FIRST = (
    ("noted", "remote", os.path.join(_HERE, "noted.py")),
    ("machine", "remote", os.path.join(_HERE, "machine.py")),
    ("place", "remote", os.path.join(_HERE, "place.py")),
)
_REST = (
    ("system", "room", os.path.join(_ROOM, "system.py")),
    ("archive", "room.file", os.path.join(_ROOM, "file", "zip.py")),
    ("patched", "room.tools", os.path.join(_ROOM, "tools", "patched.py")),
    ("reblocked", "room.tools", os.path.join(_ROOM, "tools", "reblocked.py")),
    ("reassemble", "room.tools", os.path.join(_ROOM, "tools", "reassemble.py")),
    ("arrived", "remote", os.path.join(_HERE, "arrived.py")),
    ("old_files", "remote", os.path.join(_HERE, "old_files.py")),
    ("copies", "remote", os.path.join(_HERE, "copies.py")),
    ("destination", "remote", os.path.join(_HERE, "destination.py")),
    ("host", "remote", os.path.join(_HERE, "host.py")),
)
_LOADER = """import sys
loaded = {}
module_type = type(sys)
def load(name, package, text):
    sys.modules.setdefault(package, module_type(package))
    module = loaded[name] = sys.modules[package + "." + name] = module_type(package + "." + name)
    module.__dict__.update(loaded, __package__=package)
    setattr(sys.modules[package], name, module)
    exec(compile(text, name, "exec"), module.__dict__)
    globals().update(loaded)
def load_all(text):
    exec(text, globals())
"""


_made: list[bytes] = []


def program() -> bytes:
    """The program that a host begins with, as one line: deflated, in base64."""
    if not _made:
        text = _LOADER + _loading(_FIRST) + _text(os.path.join(_HERE, "program.py"))
        _made.append(b2a_base64(zlib.compress(text.encode(), 9)))
    return _made[0]


def rest() -> str:
    """The rest of the program: statements that load it."""
    return _loading(_REST)


def _loading(modules: tuple[tuple[str, str, str], ...]) -> str:
    return "".join(f"load({name!r}, {package!r}, {_text(path)!r})\n" for name, package, path in modules)


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
