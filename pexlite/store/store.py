"""The store: every wheel ever fetched or built here, by the sha256 of its bytes.

    wheels/<sha256, 2 hex>/<sha256>/<name>.whl   the wheel, whole from the moment it has this name
                                    facts.json   what `read_wheel` found; made anew when it is missing or damaged
    built/<key>.json                             which wheel a source gave on which Python, with which tools
    built/<key>-tools.json                       a source's build requirements, and what they came to
    bytecode/<key>.zip                           what a Python has made of modules, and its seal behind it
    recipes/<sha256>                             how a wheel is made again of its uncompressed form, likewise
    pieces/<sha256>                              where the large members of a wheel can be read from, likewise
    packed/<sha256>.zst                          an uncompressed wheel in frames of zstandard
           <key>.json                            which wheel that is, and where its frames are
    incoming/                                    files being written
    key                                          what the JSON here is sealed with

Files are written under `incoming/` and renamed into place, so any number of processes may work at once and any
of them may be killed at any moment. None of it is believed: a wheel is hashed when a process first reads it, and
JSON counts only under its seal. So what a power cut, a rotten disk or somebody else left here goes into no file.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import secrets
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from pexlite.errors import FetchError
from pexlite.files import digests
from pexlite.files.digests import has_sha256
from pexlite.files.places import TAG, closed_to_others, is_tagged, make_directory, store_place
from pexlite.files.sealed import SEAL_LENGTH, Seal, seal_of
from pexlite.model import Wheel
from pexlite.store.facts import from_facts, to_facts
from pexlite.wheels.read import Digest, digest, read_wheel

_CHUNK = 1 << 20
_ABANDONED_AFTER = 24 * 3600  # seconds; no download takes that long


def open_store() -> Store:
    """The user's store, with its directories made and old leftovers removed. Raises FetchError."""
    root = store_place().root
    store = Store(root)
    with store.writing():
        make_directory(root / "incoming")
        _sweep(root / "incoming")
        if not is_tagged(root):
            with store.incoming() as incoming:
                incoming.write(TAG)
                incoming.path.replace(root / "CACHEDIR.TAG")
    return store


class Incoming:
    """A file being written into the store, whose digests are computed on the way."""

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
        """The digest, in hex, of everything written so far."""
        return self._hashes[algorithm].hexdigest()

    def digest(self) -> Digest:
        """The sha256, CRC-32 and size of everything written so far."""
        return Digest(self.hexdigest("sha256"), self._crc32, self.size)


@dataclass(frozen=True)
class Tools:
    """The tools that a source was built with."""

    requirements: tuple[str, ...]
    """The source's build requirements (PEP 518)."""
    digest: str
    """A digest of the distributions and indexes that these resolved to; "" where that is unknown."""


@dataclass(frozen=True)
class Store:
    """A directory of wheels by their sha256."""

    root: Path
    asked: dict[object, str] = field(default_factory=dict, compare=False, repr=False)
    """Resolved build requirements, so that one build resolves none of them twice."""
    damaged: list[str] = field(default_factory=list, compare=False, repr=False)
    """The names of wheels in the store whose bytes have changed."""

    @functools.cached_property
    def _seal(self) -> Seal:
        with contextlib.suppress(OSError):  # a read-only store
            make_directory(self.root)
        return seal_of(self.root)

    def find(self, sha256: str, filename: str | None = None) -> Wheel | None:
        """The wheel with this digest, and this name if one is given; None where the store does not have it.

        The wheel is hashed unless this process has done so before. Damaged facts are made anew from a wheel that
        still has its digest.
        """
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            return None
        directory = self._directory(sha256)
        try:
            wheel = from_facts(self.read_sealed(directory / "facts.json"), directory)
            if wheel.sha256 == sha256 and filename in (None, wheel.filename) and has_sha256(wheel.path, sha256):
                return wheel
        except (OSError, ValueError):
            # Facts are missing or damaged: look at the wheel itself.
            pass
        return self._mend(directory, sha256, filename)

    def facts(self, sha256: str, filename: str) -> Wheel | None:
        """The wheel with this digest as it was when it was checked here; its file may have changed since.

        None where it never was. Nothing is written for that.
        """
        directory = self._directory(sha256)
        try:
            if (self.root / "key").is_file():
                wheel = from_facts(self.read_sealed(directory / "facts.json"), directory)
                return wheel if (wheel.sha256, wheel.filename) == (sha256, filename) else None
        except (OSError, ValueError):
            pass
        return None

    def add(
        self, source: Path | BinaryIO, filename: str, sha256: str | None = None, *, local: bool = False
    ) -> Wheel:
        """Copy the wheel `source` into the store under `filename`; return it.

        Raises FetchError where its digest is not `sha256`, InvalidWheel where it cannot be bundled.
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
        """A file to write into, with sha256 and digests by `algorithms`; removed at the end unless moved away."""
        path = self.root / "incoming" / f"{os.getpid()}-{secrets.token_hex(8)}"
        with self.writing():
            make_directory(path.parent)
            # Unbuffered: the file is read by its path as soon as it is written, and chunks are large.
            file = open(path, "xb", buffering=0, opener=closed_to_others)  # noqa: SIM115 - closed below
        try:
            with file:
                yield Incoming(self, path, file, algorithms)
        finally:
            path.unlink(missing_ok=True)

    def admit(self, incoming: Incoming, filename: str, *, local: bool = False) -> Wheel:
        """Check the wheel in `incoming`, move it into its place and return it. Raises InvalidWheel."""
        wheel = read_wheel(incoming.path, filename=filename, known=incoming.digest(), local=local)
        return self._settle(wheel)

    def built(self, key: str) -> Wheel | None:
        """The wheel remembered under `key` (a source and a Python), if the store still has it."""
        try:
            known = json.loads(self.read_sealed(self.root / "built" / f"{key}.json"))
            return self.find(str(known["sha256"]), str(known["filename"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # never built, or the record is damaged: building again is always right

    def remember_built(self, key: str, wheel: Wheel) -> None:
        """Remember `wheel` under `key`, for `built(key)`."""
        known = {"sha256": wheel.sha256, "filename": wheel.filename}
        self.write_sealed(self.root / "built" / f"{key}.json", json.dumps(known).encode())

    def tools_of(self, source: str) -> Tools | None:
        """The tools that the source with this key was last built with; None where it was never built."""
        try:
            known = json.loads(self.read_sealed(self.root / "built" / f"{source}-tools.json"))
            return Tools(tuple(known["requirements"]), str(known["digest"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note_tools(self, source: str, tools: Tools) -> None:
        """Remember `tools`, for `tools_of(source)`."""
        text = json.dumps(asdict(tools)).encode()
        self.write_sealed(self.root / "built" / f"{source}-tools.json", text)

    def bytecode(self, name: str) -> bytes | None:
        """The bytecode kept under `name`; None where there is none, or its seal is wrong."""
        return self._sealed(f"bytecode/{name}")

    def keep_bytecode(self, name: str, content: bytes) -> None:
        """Keep `content` under `name`, for `bytecode(name)`."""
        self._keep_sealed(f"bytecode/{name}", content)

    def recipe(self, sha256: str) -> bytes | None:
        """The recipe kept for the wheel with this digest; None where there is none, or its seal is wrong."""
        return self._sealed(f"recipes/{sha256}")

    def keep_recipe(self, sha256: str, content: bytes) -> None:
        """Keep `content` for `recipe(sha256)`."""
        self._keep_sealed(f"recipes/{sha256}", content)

    def pieces(self, sha256: str) -> bytes | None:
        """The index of pieces kept for the wheel with this digest; None where none is, or its seal is wrong."""
        return self._sealed(f"pieces/{sha256}")

    def keep_pieces(self, sha256: str, content: bytes) -> None:
        """Keep `content` for `pieces(sha256)`."""
        self._keep_sealed(f"pieces/{sha256}", content)

    def read_sealed(self, path: Path) -> bytes:
        """The JSON object that `write_sealed` wrote to `path`. Raises ValueError for other content, OSError."""
        text = self._seal.opened(self._name(path), path.read_bytes())
        if text is None:
            raise ValueError(f"{path.name} was not written here, or it is damaged")
        return text

    def write_sealed(self, path: Path, text: bytes) -> None:
        """Write the JSON object `text` to `path` in one of the store's directories, atomically."""
        self._put(path, self._seal.sealed(self._name(path), text))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A context that turns a failed write into a FetchError naming the store."""
        try:
            yield
        except OSError as problem:
            raise FetchError(
                f"pexlite's cache at {self.root} cannot be written to: {problem.strerror or problem}",
                causes=[f"at {problem.filename}"] if problem.filename else [],
                hint="set PEXLITE_CACHE_DIR to a directory that is writable and has room",
            ) from problem

    def _sealed(self, name: str) -> bytes | None:
        try:
            kept = (self.root / name).read_bytes()
        except OSError:
            return None
        content, seal = kept[:-SEAL_LENGTH], kept[-SEAL_LENGTH:]
        return content if seal.decode("latin-1") == self._seal.of(name, content) else None

    def _keep_sealed(self, name: str, content: bytes) -> None:
        self._put(self.root / name, content + self._seal.of(name, content).encode())

    def _directory(self, sha256: str) -> Path:
        return self.root / "wheels" / sha256[:2] / sha256

    def _settle(self, wheel: Wheel) -> Wheel:
        directory = self._directory(wheel.sha256)
        settled = replace(wheel, path=directory / wheel.filename)
        with self.writing():
            make_directory(directory)
            wheel.path.replace(settled.path)
            digests.remember(settled.path, settled.sha256)
        self.write_sealed(directory / "facts.json", to_facts(settled))
        return settled

    def _mend(self, directory: Path, sha256: str, filename: str | None) -> Wheel | None:
        """The wheel in `directory`, if it still has its digest, read again and its facts rewritten."""
        for path in sorted(directory.glob("*.whl")) if directory.is_dir() else ():
            if filename in (None, path.name):
                known = digest(path)
                if known.sha256 == sha256:
                    # local=True skips a check that the wheel has passed before. Whether it was local is unknown.
                    wheel = replace(read_wheel(path, known=known, local=True), local=False)
                    with contextlib.suppress(FetchError):  # a read-only store will do
                        self.write_sealed(directory / "facts.json", to_facts(wheel))
                    return wheel
                self.damaged.append(path.name)
        return None

    def _put(self, path: Path, content: bytes) -> None:
        with self.incoming() as incoming:
            incoming.write(content)
            with self.writing():
                make_directory(path.parent)
                incoming.path.replace(path)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _sweep(place: Path) -> None:
    """Remove files in `place` that killed processes left long ago."""
    limit = time.time() - _ABANDONED_AFTER
    for entry in os.scandir(place):
        with contextlib.suppress(FileNotFoundError):
            if entry.stat().st_mtime < limit:
                Path(entry.path).unlink()
