"""An archive of a Python, unpacked into the store. It is a stranger's: each member is judged before it is written.

interpreters/<sha256>/      what came out, below the archive's own top directories
interpreters/<sha256>.json  the size and time of each file then; sealed
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from pexlite.errors import TargetError
from pexlite.files.places import make_directory
from pexlite.own_python.members import extract
from pexlite.own_python.prefix import prefixes_at
from pexlite.store.store import Store

_TOPS = ("", "python/install", "python", "install")
_ZSTANDARD = b"\x28\xb5\x2f\xfd"


def unpacked(archive: Path, word: str, store: Store) -> tuple[Path, str]:
    """The prefix that was in `archive`, and the archive's sha256. Raises TargetError."""
    try:
        with archive.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            place = store.root / "interpreters" / sha256
            if not _is_whole(place, store):
                file.seek(0)
                _unpack(file, place, word, store)
    except (OSError, EOFError, tarfile.TarError, ValueError) as problem:
        raise TargetError(
            f"--python-from {word}: it is no archive of a Python that can be read",
            causes=[str(problem) or type(problem).__name__],
            hint="name a .tar.gz, .tar.xz, .tar.bz2 or .tar.zst with a CPython in it, or a directory",
        ) from problem
    for top in _TOPS:
        if prefixes_at(place / top):
            return place / top, sha256
    found = sorted({entry.name for entry in place.iterdir()})[:5]
    raise TargetError(
        f"--python-from {word}: there is no CPython for Linux in it",
        causes=[
            f"at its top {'are' if len(found) > 1 else 'is'} {', '.join(found) or 'nothing'}, and nowhere "
            "bin/python3.X with its standard library beside it"
        ],
        hint="name an archive with bin/ and lib/ at its top, or below python/ or install/",
    )


def _unpack(file: IO[bytes], place: Path, word: str, store: Store) -> None:
    incoming = store.root / "interpreters" / f".{place.name}.{os.getpid()}"
    with store.writing():
        make_directory(incoming.parent)
    shutil.rmtree(incoming, ignore_errors=True)
    try:
        incoming.mkdir()
        with _opened(file) as archive:
            extract(archive, incoming, partial(_refused, word))
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(place)
        incoming.rename(place)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    store.write_sealed(_seen(place), json.dumps(_facts(place)).encode())


@contextlib.contextmanager
def _opened(file: IO[bytes]) -> Iterator[tarfile.TarFile]:
    """The tar in `file`, whatever it is compressed by. Raises tarfile.TarError, ValueError."""
    with contextlib.ExitStack() as opened:
        content: IO[bytes] = file
        if file.read(4) == _ZSTANDARD:
            content = opened.enter_context(_zstandard(file))
        file.seek(0)
        mode = "r|" if content is not file else "r|*"
        yield opened.enter_context(tarfile.open(fileobj=content, mode=mode))  # type: ignore[call-overload]


def _zstandard(file: IO[bytes]) -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found]  # Python 3.14 and newer

        return zstd.ZstdFile(file)
    except ImportError:
        raise ValueError(
            "it is compressed by Zstandard, which Python reads from 3.14 on; zstd -d makes a .tar of it"
        ) from None


def _refused(word: str, why: str) -> TargetError:
    return TargetError(
        f"--python-from {word}: it holds what no archive of a Python does",
        causes=[why],
        hint="get it anew from where Python comes from, and compare its sha256",
    )


def _is_whole(place: Path, store: Store) -> bool:
    """Whether all that was unpacked to `place` is as it was then."""
    try:
        return bool(json.loads(store.read_sealed(_seen(place))) == _facts(place))
    except (OSError, ValueError):
        return False


def _seen(place: Path) -> Path:
    return place.with_name(f"{place.name}.json")


def _facts(place: Path) -> dict[str, list[int]]:
    found = {}
    for directory, directories, names in os.walk(place):
        # A Python that runs there writes bytecode, which goes into no archive.
        directories[:] = [name for name in directories if name != "__pycache__"]
        for name in names:
            path = os.path.join(directory, name)  # noqa: PTH118 - thousands of files
            seen = os.lstat(path)
            found[os.path.relpath(path, place)] = [seen.st_size, seen.st_mtime_ns]
    return found
