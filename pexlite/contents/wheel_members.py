"""The members of one wheel in a file of any maker: a zip in it, a directory in it, or spread among others."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pexlite.archive.members import open_zip, read_part
from pexlite.archive.reader import read_manifest
from pexlite.archive.stored_wheels import open_wheel
from pexlite.contents.values import HeldFile, HeldWheel

_LARGEST = 4 << 20  # bytes of a text that is read


def first_line(file: BinaryIO) -> str:
    """The line with which a file says what starts it; "a program" where it begins with one."""
    file.seek(0)
    line = file.read(1000).partition(b"\n")[0]
    return line.decode("utf-8", "replace") if line.startswith(b"#!") else "a program"


@contextlib.contextmanager
def members_by_wheel(path: Path) -> Iterator[Callable[[HeldWheel], AbstractContextManager[WheelMembers]]]:
    """Opens the members of a wheel in the file at `path`, which pexlite made, while the context lasts."""
    stored = {wheel.filename: wheel for wheel in read_manifest(path).wheels}
    with path.open("rb") as file:

        @contextlib.contextmanager
        def members(wheel: HeldWheel) -> Iterator[WheelMembers]:
            with open_zip(open_wheel(file, stored[wheel.filename])) as archive:
                yield WheelMembers.all_of(archive)

        yield members


@dataclass(frozen=True)
class WheelMembers:
    """A wheel's members by their paths in it, in an open zip."""

    opened: zipfile.ZipFile = field(repr=False)
    members: Mapping[str, zipfile.ZipInfo] = field(repr=False)

    @classmethod
    def all_of(cls, opened: zipfile.ZipFile) -> WheelMembers:
        """The wheel that the zip is."""
        return cls(opened, {one.filename: one for one in opened.infolist() if not one.is_dir()})

    @classmethod
    def below(cls, opened: zipfile.ZipFile, prefix: str, members: Iterable[zipfile.ZipInfo]) -> WheelMembers:
        """The wheel of those `members` whose names begin with `prefix`, which is no part of their paths."""
        start = len(prefix)
        return cls(opened, {one.filename[start:]: one for one in members if one.filename.startswith(prefix)})

    def files(self) -> tuple[HeldFile, ...]:
        """Its files, by path."""
        return tuple(
            HeldFile(path, one.file_size, one.compress_size, one.CRC) for path, one in sorted(self.members.items())
        )

    def info(self) -> str:
        """The name of its .dist-info directory; "" where there is none, or there are several."""
        found = {path.partition("/")[0] for path in self.members if ".dist-info/" in path}
        found = {top for top in found if top.endswith(".dist-info")}
        return found.pop() if len(found) == 1 else ""

    def read(self, path: str, most: int = _LARGEST) -> bytes:
        """The content of the member at `path`. Raises errors of `archive.members.UNREADABLE`."""
        return read_part(self.opened, self.members[path].filename, most)

    def bills(self) -> tuple[str, ...]:
        """The paths of its bills of materials (PEP 770)."""
        place = f"{self.info()}/sboms/"
        return tuple(sorted(path for path in self.members if path.startswith(place))) if len(place) > 7 else ()
