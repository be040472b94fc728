"""Interpreter archives in the store, by what they were made from: the second build only copies.

interpreters/<sha256>.tar.gz    an archive, or .tar.xz
interpreters/<key>.json         what was made of one source in one manner; sealed
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pexlite.errors import FetchError
from pexlite.files.digests import has_sha256, remember
from pexlite.files.places import make_directory
from pexlite.own_python.selection import Wanted, selected
from pexlite.own_python.source import PythonSource
from pexlite.store.store import Incoming, Store

_ROOM = Path(__file__).parent


def key_of(source: PythonSource, wanted: Wanted) -> str:
    """A digest of all that an archive depends on, but for the libraries of this machine that go in.

    Files count by size and times: a directory of somebody's Python has thousands.
    """
    files = selected(source.prefix, wanted)
    seen = [(place, *_seen(path)) for place, path in files.items()]
    code = [path.read_bytes() for path in sorted(_ROOM.glob("*.py"))]
    prefix = source.prefix
    facts = (source.version, source.name, source.sha256, source.runs_here, prefix, wanted, seen, code)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def recalled(store: Store, key: str) -> dict[str, Any] | None:
    """The facts kept under `key`, with the archive's `path`, if what it was made from has not changed since."""
    try:
        facts: dict[str, Any] = json.loads(store.read_sealed(_place(store, f"{key}.json")))
        path = _place(store, f"{facts['sha256']}.tar.{facts['form']}")
        if has_sha256(path, facts["sha256"]) and facts["libraries"] == _libraries(
            one[0] for one in facts["libraries"]
        ):
            return {**facts, "path": path}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        pass  # never made, or the record is damaged: making it again is always right
    return None


def keep(
    store: Store, key: str, incoming: Incoming, libraries: Iterable[Path], facts: dict[str, Any]
) -> dict[str, Any]:
    """Move the archive `incoming` into its place, keep `facts` of it under `key`; return these with its `path`."""
    content = incoming.path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    path = _place(store, f"{sha256}.tar.{facts['form']}")
    with store.writing():
        make_directory(path.parent)
        incoming.path.replace(path)
    remember(path, sha256)
    kept = {
        **facts,
        "sha256": sha256,
        "crc32": zlib.crc32(content),
        "size": len(content),
        "libraries": _libraries(map(str, libraries)),
    }
    with contextlib.suppress(FetchError):  # then the next build makes it again
        store.write_sealed(_place(store, f"{key}.json"), json.dumps(kept).encode())
    return {**kept, "path": path}


def _place(store: Store, name: str) -> Path:
    return store.root / "interpreters" / name


def _libraries(paths: Iterable[str]) -> list[list[Any]]:
    return [[path, *_seen(Path(path))] for path in paths]


def _seen(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - thousands of files
    return found.st_size, found.st_mtime_ns
