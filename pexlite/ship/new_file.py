"""The file that is shipped: open, whole, and known by its parts."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

from pexlite.archive.members import UNREADABLE, open_zip
from pexlite.archive.reader import read_manifest
from pexlite.archive.stored_wheels import open_wheel
from pexlite.errors import NotABundle, VerificationFailed
from pexlite.model import Manifest, StoredWheel
from pexlite.parallel import each

_PIECE = 1 << 20


@dataclass(frozen=True)
class Member:
    """A member of a zip, and the place of its bytes in the file."""

    name: str
    offset: int
    held: int
    size: int
    crc: int
    stored: bool


@dataclass(frozen=True)
class NewFile:
    """A built file, open for reading."""

    path: Path
    manifest: Manifest
    descriptor: int = field(repr=False)
    size: int
    mode: int

    def read(self, offset: int, size: int) -> bytes:
        """The bytes at `offset`. Raises VerificationFailed where the file ends before."""
        content = os.pread(self.descriptor, size, offset)
        while len(content) < size:
            more = os.pread(self.descriptor, size - len(content), offset + len(content))
            if not more:
                raise VerificationFailed(f"{self.path} was changed while it was read", hint="push it again")
            content += more
        return content

    @cached_property
    def sha256(self) -> str:
        """The sha256 of the whole file."""
        return self.sha256_of(0, self.size)

    def sha256_of(self, offset: int, size: int) -> str:
        """The sha256 of some of its bytes."""
        digest = hashlib.sha256()
        for place in range(offset, offset + size, _PIECE):
            digest.update(self.read(place, min(_PIECE, offset + size - place)))
        return digest.hexdigest()

    def check_wheels(self) -> None:
        """Raise VerificationFailed unless every wheel has its sha256."""

        def check(wheel: StoredWheel) -> str:
            return "" if self.sha256_of(wheel.offset, wheel.size) == wheel.sha256 else wheel.filename

        wrong = [name for name in each([partial(check, wheel) for wheel in self.manifest.wheels]) if name]
        if wrong:
            raise VerificationFailed(
                f"{self.path} is damaged",
                causes=[f"{name} has another sha256" for name in wrong],
                hint="build it again",
            )

    @cached_property
    def own_members(self) -> Sequence[Member]:
        """The members that are no wheels, in the order of the file. Raises NotABundle."""
        with self._opened() as file, _readable(self.path), open_zip(file) as opened:
            return _members(self, opened, 0, but=".deps/")

    def members_of(self, wheel: StoredWheel) -> Sequence[Member]:
        """The members of a wheel, in the order of the file. Raises NotABundle."""
        with self._opened() as file, _readable(self.path), open_zip(open_wheel(file, wheel)) as opened:
            return _members(self, opened, wheel.offset)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        # A descriptor of its own: several threads read at once.
        with self.path.open("rb") as file:
            yield file


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[NewFile]:
    """The built file at `path`, open. Raises NotABundle."""
    manifest = read_manifest(path)
    with path.open("rb", buffering=0) as file:
        found = os.fstat(file.fileno())
        yield NewFile(path, manifest, file.fileno(), found.st_size, found.st_mode & 0o777)


def project_of(filename: str) -> str:
    """The normalized name of a wheel's project (PEP 503)."""
    return re.sub(r"[-_.]+", "-", filename.split("-")[0]).lower()


def _members(file: NewFile, opened: zipfile.ZipFile, start: int, but: str | None = None) -> tuple[Member, ...]:
    """The members of a zip that begins at `start`, except those whose names begin with `but`."""
    found = []
    for entry in sorted(opened.infolist(), key=lambda entry: entry.header_offset):
        if entry.is_dir() or (but and entry.filename.startswith(but)):
            continue
        header = start + entry.header_offset
        sizes = struct.unpack_from("<2H", file.read(header, 30), 26)
        stored = entry.compress_type == zipfile.ZIP_STORED
        place = header + 30 + sum(sizes)
        found.append(Member(entry.filename, place, entry.compress_size, entry.file_size, entry.CRC, stored))
    return tuple(found)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as problem:
        raise NotABundle(f"{path} is damaged", causes=[str(problem)], hint="build it again") from problem
