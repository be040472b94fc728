"""The file that is shipped: open, whole, and known by its parts.

Where its sha256 is noted with it, a host is asked for it at once. What reads its parts is imported when it is
needed: a host that has the file is asked in less time than that takes.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pexlite.errors import NotABundle, VerificationFailed
from pexlite.ship.remote import noted

if TYPE_CHECKING:
    import zipfile

    from pexlite.model import Manifest, StoredWheel

_MOMENT = 2  # seconds: what was written later than that may be written again within the same tick of a clock
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
    descriptor: int = field(repr=False)
    size: int
    mode: int
    known: str | None = None
    """The sha256, where it was noted with the file and nobody has written to it since."""

    @property
    def is_noted(self) -> bool:
        """Whether the sha256 is known without reading the file, which was known then to be one of pexlite's."""
        return self.known is not None

    @cached_property
    def manifest(self) -> Manifest:
        """Its manifest. Raises NotABundle."""
        from pexlite.archive.reader import read_manifest  # a host that has the file asks for nothing of it

        return read_manifest(self.path)

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
        if self.known:
            return self.known
        began = time.time()
        found = self.sha256_of(0, self.size)
        # What is written to in the same moment would look as it did before.
        if os.fstat(self.descriptor).st_mtime < began - _MOMENT:
            noted.remember(self.descriptor, found)
        return found

    def sha256_of(self, offset: int, size: int) -> str:
        """The sha256 of some of its bytes."""
        import hashlib

        digest = hashlib.sha256()
        for place in range(offset, offset + size, _PIECE):
            digest.update(self.read(place, min(_PIECE, offset + size - place)))
        return digest.hexdigest()

    def check_wheels(self) -> None:
        """Raise VerificationFailed unless every wheel has its sha256."""
        from pexlite.parallel import each

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
        from pexlite.archive.members import open_zip

        with self._opened() as file, _readable(self.path), open_zip(file) as opened:
            return _members(self, opened, 0, but=".deps/")

    def members_of(self, wheel: StoredWheel) -> Sequence[Member]:
        """The members of a wheel, in the order of the file. Raises NotABundle."""
        from pexlite.archive.members import open_zip
        from pexlite.archive.stored_wheels import open_wheel

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
    try:
        opening = path.open("rb", buffering=0)
    except OSError:
        from pexlite.archive.reader import read_manifest

        read_manifest(path)  # it tells what is wrong with the path
        raise
    with opening as file:
        found = os.fstat(file.fileno())
        opened = NewFile(
            path,
            file.fileno(),
            found.st_size,
            found.st_mode & 0o777,
            noted.remembered(file.fileno()),
        )
        if not opened.is_noted:
            opened.manifest  # noqa: B018 - kept: a file that is none of pexlite's is told of before all else
        yield opened


def project_of(filename: str) -> str:
    """The normalized name of a wheel's project (PEP 503)."""
    return re.sub(r"[-_.]+", "-", filename.split("-")[0]).lower()


def _members(file: NewFile, opened: zipfile.ZipFile, start: int, but: str | None = None) -> tuple[Member, ...]:
    """The members of a zip that begins at `start`, except those whose names begin with `but`."""
    import struct
    import zipfile

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
    from pexlite.archive.members import UNREADABLE

    try:
        yield
    except UNREADABLE as problem:
        raise NotABundle(f"{path} is damaged", causes=[str(problem)], hint="build it again") from problem
