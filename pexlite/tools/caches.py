"""The two caches: the store that builds fill, and the cache into which built files unpack themselves."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pexlite.errors import PexliteError, UsageError, WriteError
from pexlite.files.places import PARTS, is_store, store_place
from pexlite.store.names import is_entry

KEPT_DAYS = 90.0
_DAY = 86400
_CARRIED = """
import sys
sys.path.append(sys.argv.pop(1))
from pexlite.runtime.tools import main
main()
"""


@dataclass(frozen=True)
class StoreContent:
    """The store: its directory, its number of wheels, and its size."""

    root: Path
    wheels: int
    size: int
    """Bytes."""


@dataclass(frozen=True)
class UnpackedApp:
    """An app's directory in the cache of built files."""

    name: str
    python: str
    last_used: float
    """Seconds since 1970, right to a day."""
    directory: Path


@dataclass(frozen=True)
class Unpacked:
    """The content of the cache of built files."""

    root: Path
    apps: tuple[UnpackedApp, ...]
    wheels: int
    size: int
    earlier: int
    """Bytes that files of earlier versions have unpacked, in another directory beside `root`."""


@dataclass(frozen=True)
class Kept:
    """An unpacked app that stays, and why."""

    name: str
    python: str
    why: str


@dataclass(frozen=True)
class Removed:
    """The number of wheels and apps that were removed from both caches, their size, and what stays."""

    stored_wheels: int
    apps: int
    unpacked_wheels: int
    size: int
    """Bytes, all together."""
    kept: tuple[Kept, ...]
    stored_wheels_kept: int
    """The number of wheels of builds that were used too recently to go."""


def store_content() -> StoreContent:
    """The content of the store now."""
    root = store_place().root
    entries = [(part, entry) for part in PARTS for entry in _entries(root, part)]
    wheels = sum(part == "wheels" for part, _ in entries)
    return StoreContent(root, wheels, sum(_size(entry) for _, entry in entries))


def unpacked() -> Unpacked:
    """The content of the cache of built files, PEX_ROOT or ~/.pex."""
    told = _carried("info", "--json")
    apps = tuple(
        UnpackedApp(app["name"], app["python"], app["last_used"], Path(app["directory"])) for app in told["apps"]
    )
    return Unpacked(Path(told["root"]), apps, len(told["wheels"]), told["size"], told["earlier"])


def prune(days: float | None = None) -> Removed:
    """Remove from both caches what has not been used for `days` and is not in use now; return what was removed.

    Without `days` it is 90 days for the store, and PEX_KEEP_DAYS for built files. Raises WriteError.
    """
    root, limit = _own_store(), time.time() - (KEPT_DAYS if days is None else days) * _DAY
    before = store_content().size
    wheels = 0
    with _writing(root):
        for part in PARTS:
            for entry in [entry for entry in _entries(root, part) if _last_used(entry) < limit]:
                _remove(entry)
                wheels += part == "wheels"
    stored = before - store_content().size
    told = _carried("prune", "--json", *([] if days is None else ["--days", str(days)]))
    return _removed(told, wheels, stored)


def clear() -> Removed:
    """Remove the whole store, and what built files have unpacked and no process uses; return what was removed."""
    root = _own_store()
    before = store_content()
    with _writing(root):
        for part in PARTS:
            for entry in list(_entries(root, part)):
                _remove(entry)
        (root / "key").unlink(missing_ok=True)
    told = _carried("prune", "--json", "--days", "0")
    return _removed(told, before.wheels, before.size)


def _removed(told: Mapping[str, Any], wheels: int, size: int) -> Removed:
    """All that went, `wheels` and `size` of it from the store, and what is `told` of the cache of built files."""
    return Removed(
        stored_wheels=wheels,
        apps=len(told["apps"]),
        unpacked_wheels=len(told["wheels"]),
        size=size + told["size"],
        kept=tuple(Kept(*one) for one in told["kept"]),
        stored_wheels_kept=store_content().wheels,
    )


def _own_store() -> Path:
    """The store's directory. Raises UsageError where there is another in its place: that is not ours to empty."""
    root = store_place().root
    if any((root / part).exists() for part in PARTS) and not is_store(root):
        raise UsageError(
            f"{root} is no store of pexlite, and stays as it is",
            causes=["it has no CACHEDIR.TAG of pexlite"],
            hint="name the store: PEXLITE_CACHE_DIR=/path/to/store",
        )
    return root


def _entries(root: Path, part: str) -> Iterator[Path]:
    """All in that part of the store whose name is of the form that pexlite gives, with no link on the way to it.

    Of wheels it is the directory of each. Anything else there is somebody's, and stays.
    """
    for directory in sorted((root / part).glob("[0-9a-f][0-9a-f]")) if part == "wheels" else [root / part]:
        if directory.is_dir() and not directory.is_symlink() and not directory.parent.is_symlink():
            for entry in sorted(directory.iterdir()):
                if is_entry(part, entry.name) and not entry.is_symlink():
                    yield entry


def _remove(entry: Path) -> None:
    """Remove the entry, and the directory that it was in where nothing is left."""
    if entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        entry.parent.rmdir()


def _last_used(path: Path) -> float:
    """Seconds since 1970 when any file of it was last read or written, as far as the file system notes that."""
    found = [path.stat()] if path.is_file() else [entry.stat() for entry in path.iterdir()]
    return max((max(entry.st_atime, entry.st_mtime) for entry in found), default=0)


def _size(entry: Path) -> int:
    total = 0 if entry.is_dir() else entry.lstat().st_size
    for place, _, names in os.walk(entry):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(place, name).lstat().st_size
    return total


@contextlib.contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise WriteError(
            f"{failure.filename or root} cannot be removed", causes=[failure.strerror or str(failure)]
        ) from failure


def _carried(*arguments: str) -> dict[str, Any]:
    """The JSON that the runtime's own `cache` command prints. It runs in a process, apart from the build side."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _CARRIED, str(Path(__file__).parents[2]), "cache", *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    if done.returncode == 0:
        told: dict[str, Any] = json.loads(done.stdout)
        return told
    message = done.stderr.strip().removeprefix("error: ")
    raise {2: UsageError, 5: WriteError}.get(done.returncode, PexliteError)(message)
