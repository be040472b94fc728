"""The store: every wheel ever fetched or built here, by the sha256 of its bytes.

    wheels/<sha256, 2 hex>/<sha256>/<name>.whl   the wheel, whole from the moment it has this name
                                    facts.json   what `read_wheel` found; made anew when it is missing or damaged
    built/<key>.json                             which wheel a source gave on which Python
    incoming/                                    files being written

Files are written under `incoming/` and renamed into place, so any number of processes may work at once and any
of them may be killed at any moment.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from pexlite.errors import FetchError
from pexlite.fetch.facts import StaleFactsError, from_facts, to_facts
from pexlite.fetch.wheel_file import Digest, digest, read_wheel
from pexlite.model import Wheel
from pexlite.places import store_root

_CHUNK = 1 << 20
_ABANDONED_AFTER = 24 * 3600  # seconds; no download takes that long
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache of pexlite. It can be deleted.\n"


def open_store() -> Store:
    """The user's store, with its directories made and old litter removed. Raises FetchError."""
    root = store_root()
    store = Store(root)
    with store.writing():
        (root / "incoming").mkdir(parents=True, exist_ok=True)
        _sweep(root / "incoming")
        if not (root / "CACHEDIR.TAG").exists():
            (root / "CACHEDIR.TAG").write_text(_TAG, encoding="utf-8")
    return store


class Incoming:
    """A file being written into the store; its digests are computed as it comes."""

    def __init__(self, store: Store, path: Path, file: FileIO, algorithms: Iterable[str]) -> None:
        self.path = path
        self.size = 0
        self._store = store
        self._file = file
        self._crc32 = 0
        self._hashes = {name: hashlib.new(name) for name in {"sha256", *algorithms}}

    def write(self, chunk: bytes) -> None:
        """Append `chunk`."""
        for found in self._hashes.values():
            found.update(chunk)
        self._crc32 = zlib.crc32(chunk, self._crc32)
        self.size += len(chunk)
        with self._store.writing():
            self._file.write(chunk)

    def hexdigest(self, algorithm: str) -> str:
        """The digest, in hex, of all that has been written so far."""
        return self._hashes[algorithm].hexdigest()

    def digest(self) -> Digest:
        """The sha256, CRC-32 and size of what has been written so far."""
        return Digest(self.hexdigest("sha256"), self._crc32, self.size)


@dataclass(frozen=True)
class Store:
    """Wheels by their sha256, in a directory."""

    root: Path

    def find(self, sha256: str, filename: str | None = None) -> Wheel | None:
        """The wheel with this digest, and with this name where one is given; None when it is not here.

        Costs one small file read. Damaged facts are made anew from the wheel, if it still has its digest.
        """
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            return None
        directory = self._directory(sha256)
        try:
            wheel = from_facts((directory / "facts.json").read_bytes(), directory)
            if wheel.sha256 == sha256 and wheel.path.stat().st_size == wheel.size:
                return wheel if filename in (None, wheel.filename) else self._mend(directory, sha256, filename)
        except (OSError, StaleFactsError):
            # Nothing there, or not what it should be: what counts is the wheel itself.
            pass
        return self._mend(directory, sha256, filename)

    def add(
        self, source: Path | BinaryIO, filename: str, sha256: str | None = None, *, local: bool = False
    ) -> Wheel:
        """Copy the wheel `source` into the store under `filename`, and return it.

        Raises FetchError where its digest is not `sha256`, InvalidWheel where it is no wheel to bundle.
        """
        with self.incoming() as incoming, contextlib.ExitStack() as opened:
            file = opened.enter_context(source.open("rb")) if isinstance(source, Path) else source
            while chunk := file.read(_CHUNK):
                incoming.write(chunk)
            found = incoming.hexdigest("sha256")
            if sha256 is not None and found != sha256:
                raise FetchError(f"{filename} has another digest", causes=[f"expected {sha256}", f"got {found}"])
            return self.admit(incoming, filename, local=local)

    @contextlib.contextmanager
    def incoming(self, algorithms: Iterable[str] = ()) -> Iterator[Incoming]:
        """A file to write into, with digests by sha256 and `algorithms`; removed at the end unless moved away."""
        path = self.root / "incoming" / f"{os.getpid()}-{secrets.token_hex(8)}"
        with self.writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: what was written can be read at once, and chunks are large.
            file = path.open("xb", buffering=0)
        try:
            with file:
                yield Incoming(self, path, file, algorithms)
        finally:
            path.unlink(missing_ok=True)

    def admit(self, incoming: Incoming, filename: str, *, local: bool = False) -> Wheel:
        """Check the wheel in `incoming`, move it into its place, and return it. Raises InvalidWheel."""
        wheel = read_wheel(incoming.path, filename=filename, known=incoming.digest(), local=local)
        return self._settle(wheel)

    def built(self, key: str) -> Wheel | None:
        """The wheel that a source gave before, if it is still here; `key` names the source and the Python."""
        try:
            known = json.loads((self.root / "built" / f"{key}.json").read_bytes())
            return self.find(str(known["sha256"]), str(known["filename"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # never built, or half remembered: building again is always right

    def remember_built(self, key: str, wheel: Wheel) -> None:
        """Remember `wheel`, so that `built(key)` finds it."""
        known = {"sha256": wheel.sha256, "filename": wheel.filename}
        self._put(self.root / "built" / f"{key}.json", json.dumps(known).encode())

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A context in which a failure to write is a FetchError that says where the store is."""
        try:
            yield
        except OSError as problem:
            raise FetchError(
                f"pexlite's cache at {self.root} cannot be written to: {problem.strerror or problem}",
                causes=[f"at {problem.filename}"] if problem.filename else [],
                hint="set PEXLITE_CACHE_DIR to a directory that is writable and has room",
            ) from problem

    def _directory(self, sha256: str) -> Path:
        return self.root / "wheels" / sha256[:2] / sha256

    def _settle(self, wheel: Wheel) -> Wheel:
        directory = self._directory(wheel.sha256)
        settled = replace(wheel, path=directory / wheel.filename)
        with self.writing():
            directory.mkdir(parents=True, exist_ok=True)
            wheel.path.replace(settled.path)
        self._put(directory / "facts.json", to_facts(settled))
        return settled

    def _mend(self, directory: Path, sha256: str, filename: str | None) -> Wheel | None:
        """The wheel in `directory`, read again and its facts rewritten, if it still has its digest."""
        for path in sorted(directory.glob("*.whl")) if directory.is_dir() else ():
            if filename in (None, path.name):
                known = digest(path)
                if known.sha256 == sha256:
                    # Local or not is not remembered; what was let in once is let in again.
                    wheel = replace(read_wheel(path, known=known, local=True), local=False)
                    with contextlib.suppress(FetchError):  # a store that can only be read is good enough here
                        self._put(directory / "facts.json", to_facts(wheel))
                    return wheel
        return None

    def _put(self, path: Path, content: bytes) -> None:
        with self.incoming() as incoming:
            incoming.write(content)
            with self.writing():
                path.parent.mkdir(exist_ok=True)
                incoming.path.replace(path)


def _sweep(place: Path) -> None:
    """Remove what killed processes left in `place` long ago."""
    limit = time.time() - _ABANDONED_AFTER
    for entry in os.scandir(place):
        with contextlib.suppress(FileNotFoundError):
            if entry.stat().st_mtime < limit:
                Path(entry.path).unlink()
