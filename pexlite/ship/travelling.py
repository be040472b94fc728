"""The modules of the runtime room that ship uses: as texts that travel to a host, and as modules here."""

from __future__ import annotations

import base64
import functools
import zlib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from pexlite.archive.runtime_files import ROOM_DIRECTORY

_PARTS = {"archive": "file/zip.py", "reassemble": "tools/reassemble.py"}
_LOADER = """import sys, types
def _load(name, text):
    module = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
    globals()[name] = module
"""


@functools.cache
def program() -> bytes:
    """The program for a host, as one line: deflated, in base64."""
    parts = [
        f"_load({name!r}, {(ROOM_DIRECTORY / path).read_text(encoding='utf-8')!r})\n"
        for name, path in _PARTS.items()
    ]
    text = _LOADER + "".join(parts) + Path(__file__).with_name("remote_program.py").read_text(encoding="utf-8")
    return base64.b64encode(zlib.compress(text.encode(), 9)) + b"\n"


@functools.cache
def reassemble() -> Any:
    """The module that puts a file together, the same that does it on a host and in a built file."""
    spec = spec_from_file_location("pexlite_reassemble", ROOM_DIRECTORY / _PARTS["reassemble"])
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
