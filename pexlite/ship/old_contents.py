"""The contents that an old file has, found here: without them a host can be sent no differences."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pexlite.errors import PexliteError
from pexlite.files.paths import is_file
from pexlite.ship.state import OldMember, OldWheel

_MOST_FILES = 40


class OldContents(Protocol):
    """Where the content of an old member is looked for."""

    def __call__(self, wheel: OldWheel, member: OldMember) -> bytes | None:
        """The content of a member of an old wheel; None where it is not here."""
        ...


@dataclass(frozen=True)
class ContentsHere:
    """Old contents in the store of this machine, and in built files."""

    files: tuple[Path, ...] = ()
    _places: dict[str, tuple[Path, int] | None] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, wheel: OldWheel, member: OldMember) -> bytes | None:
        if wheel.sha256 not in self._places:
            self._places[wheel.sha256] = self._place(wheel.sha256)
        place = self._places[wheel.sha256]
        if place is None:
            return None
        path, start = place
        try:
            with path.open("rb") as file:
                file.seek(start + member.offset - wheel.offset)
                held = file.read(member.held)
            content = held if member.stored else zlib.decompress(held, -15)
        except (OSError, zlib.error):
            return None
        return content if zlib.crc32(content) == member.crc and len(content) == member.size else None

    def _place(self, sha256: str) -> tuple[Path, int] | None:
        """The file that has the wheel, and where in it the wheel begins."""
        # A host that has the file is asked in less time than these take to import.
        from pexlite.archive.reader import read_manifest
        from pexlite.store.store import open_store

        for path in self.files:
            try:
                wheels = read_manifest(path).wheels
            except PexliteError:
                continue
            for wheel in wheels:
                if wheel.sha256 == sha256:
                    return path, wheel.offset
        found = open_store().find(sha256)
        return (found.path, 0) if found else None


def beside(path: Path) -> tuple[Path, ...]:
    """The files beside `path`, newest first, which may be older builds of it."""
    found = []
    for other in path.absolute().parent.iterdir():
        if other.name != path.name and is_file(other):
            found.append((other.stat().st_mtime, other))
    return tuple(other for _, other in sorted(found, reverse=True)[:_MOST_FILES])
