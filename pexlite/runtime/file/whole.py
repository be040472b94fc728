"""A check that the file is what was built, by its own parts.

Python checks no CRC of what it runs out of a zip. So every first start begins with this check, and every failed
boot ends with it. Wheels are checked when they are unpacked.
"""

import json
import os
import struct
import zlib

from .. import system
from ..start import COMPILED, ROOM, codes_in, texts_in
from . import zip as archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..importing import Room

PIECES = ".pieces"
_NEEDED = ("PEX-INFO", "__main__.py")
_WHEELS = (".deps/", ".bytecode/", ".python/")
# Checked whenever the file is opened. The start has checked the room; other members are checked when read.
_STARTS = ("__main__.py", "__main__.pyc")
_END_SIZE = 22


class Whole:
    """An open file whose own parts are as built. It stays open when another file replaces it at its path."""

    def __init__(
        self, descriptor: int, members: "dict[str, archive.Member]", file: str, room: "Room | None"
    ) -> None:
        self.descriptor = descriptor
        self.file = file
        self._members = members
        self._room = room
        self.manifest: dict[str, Any] = json.loads(self.part("PEX-INFO").decode("utf-8"))
        for name in _STARTS:
            if name in members:
                self.part(name)

    def __enter__(self) -> "Whole":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @property
    def build_id(self) -> str:
        """The build id, which names the file's apps in a cache."""
        return str(self.manifest["pexlite"]["build_id"])

    @property
    def room(self) -> "Room":
        """The modules in the file, or those that `opened` was given."""
        if self._room:
            return self._room
        from ..importing import Room

        codes = codes_in(self.part(COMPILED) if COMPILED in self._members else b"")
        return Room(self.file, texts_in(self.part(ROOM)), codes)

    def has(self, name: str) -> bool:
        """Whether the file has a member of its own of this name."""
        return name in self._members

    def part(self, name: str) -> bytes:
        """The content of the file's own member `name`. Raises Damaged where it is missing or has changed."""
        if name not in self._members:
            raise archive.Damaged("%s is missing" % name)
        return _content(self.descriptor, self._members[name])

    def tree(self, variant: int) -> bytes:
        """The text of a variant's tree; bundle/tree.py has its form. Raises Damaged."""
        return self.part(".trees/%d" % variant)

    def launcher(self) -> "bytes | None":
        """The program that starts console scripts on this Windows, or None. Raises Damaged."""
        name = ".launchers/%s.exe" % system.platform()
        return self.part(name) if name in self._members else None

    def pieces(self) -> bytes:
        """The index of large members' pieces (see unpack/split.py); empty where it is missing or has changed.

        Without it a start only takes longer.
        """
        try:
            return self.part(PIECES) if PIECES in self._members else b""
        except archive.Damaged:
            return b""

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


def opened(file: str, room: "Room | None" = None) -> Whole:
    """The Whole at the path `file`. Raises Damaged; OSError where the file cannot be read.

    A `room` that is given replaces the modules in the file.
    """
    descriptor = system.open_file(file, os.O_RDONLY)
    try:
        whole = Whole(descriptor, _own_members(descriptor), file, room)
        _check_header(descriptor, whole.manifest["pexlite"]["header"])
        return whole
    except BaseException:
        os.close(descriptor)
        raise


def _own_members(descriptor: int) -> "dict[str, archive.Member]":
    """The members that are neither wheels nor bytecode, by name."""
    size = os.fstat(descriptor).st_size
    tail = archive.read(descriptor, max(0, size - _END_SIZE), min(size, _END_SIZE))
    if len(tail) < _END_SIZE or tail[:4] != b"PK\x05\x06":
        raise archive.Damaged("it is cut off")
    count, directory_size, directory = struct.unpack_from("<HII", tail, 10)
    # A file past 4 GiB keeps its wheels before the zip, whose offsets count from the zip's own beginning.
    start = size - _END_SIZE - directory_size - directory
    if start < 0:
        raise archive.Damaged("its directory has changed")
    place = {"offset": start, "size": size - start, "directory": [directory, directory_size, count, None]}
    members = archive.read_members(descriptor, place, "the file")
    own = {member.name: member for member in members if not member.name.startswith(_WHEELS)}
    missing = set(_NEEDED).difference(own)
    if missing:
        raise archive.Damaged("%s is missing" % sorted(missing)[0])
    return own


def _content(descriptor: int, member: "archive.Member") -> bytes:
    # No CRC covers the names in the directory: compare this one with its copy before the content.
    name = member.name.encode("utf-8")
    if archive.read(descriptor, member.offset + 30, len(name)) != name:
        raise archive.Damaged("its directory has changed")
    return bytes(archive.read_member(descriptor, member))


def _check_header(descriptor: int, header: "list[int]") -> None:
    size, crc = header
    if zlib.crc32(archive.read(descriptor, 0, size)) & 0xFFFFFFFF != crc:
        raise archive.Damaged("its first lines have changed")
