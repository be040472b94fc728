"""A Bundle as the bytes of a file: all except wheels and Pythons, which are copied when it is written.

The zip is laid out here because zipfile would read every byte again for its CRC, and would write ZIP64 past 2 GiB,
which zipimport cannot read before Python 3.13.
"""

from __future__ import annotations

import json
import marshal
import zlib
from collections.abc import Iterable, Iterator, Sequence

from pexlite.archive.aligned import gap
from pexlite.archive.compiled_main import main_bytecode
from pexlite.archive.header import header
from pexlite.archive.member import (
    PIECES,
    RECIPES,
    TREES,
    Entry,
    bytecode_name,
    directory,
    held_content,
    is_aligned,
    local_header,
    member_name,
    pieces_of,
    recipes_of,
    size_before,
)
from pexlite.archive.pex_info import Offsets, build_id, imported_module, main_module, pex_info, start_facts
from pexlite.archive.runtime_files import BILL, CHECKED_MAIN, COMPILED, IMPORTED, ROOM
from pexlite.model import Bundle, BundledWheel, Bytecode, Draft, OwnPython, Room, Wheel

_PLAIN_ZIP_LIMIT = 0xFFFFFFFF - (1 << 24)  # bytes of wheels and Pythons, which leaves room for our own members


def draft(bundle: Bundle, version: str, room: Room, bytecode: Sequence[Bytecode] = ()) -> Draft:
    """The file of `bundle`, made by pexlite `version`: all its bytes except those of Pythons and wheels.

    Without `bytecode` of wheels and of the `room`, these bytes depend on no Python. Up to 4 GiB Pythons and wheels
    are stored members of the zip; past that they lie before it, found only by the offsets in PEX-INFO.
    """
    parts: tuple[OwnPython | Wheel, ...] = (*bundle.own_pythons, *bundle.wheels)
    header_size = len(header(bundle))
    packed = sum(len(pack.content) + 512 for pack in bytecode)
    packed += len(recipes_of(bundle.wheels)) + len(pieces_of(bundle.wheels))
    members = tuple(_members(parts, header_size))
    as_members = (members[-1].end if members else header_size) + packed < _PLAIN_ZIP_LIMIT
    if not as_members:
        members = ()
    laid_out = [(entry.begin, local_header(entry)) for entry in members] or [*_before_zip(parts, header_size)]
    places, headers = [place for place, _ in laid_out], tuple(before for _, before in laid_out)
    end_of_parts = places[-1] + parts[-1].size if parts else header_size
    compiled = _compiled(bytecode, end_of_parts)
    pythons = len(bundle.own_pythons)
    end_of_packs = compiled[-1][1] + len(compiled[-1][0].content) if compiled else end_of_parts
    offsets = Offsets(places[pythons:], compiled, places[:pythons], end_of_packs + size_before(RECIPES))
    identity = build_id(bundle, version, bytecode, room)
    first = header(bundle, identity, offsets.own_pythons)
    assert len(first) == header_size
    info = pex_info(bundle, version, identity, (len(first), zlib.crc32(first)), offsets)
    rest = _Rest(members, end_of_parts if as_members else 0)
    rest.add((bytecode_name(pack), pack.content) for pack, _ in compiled)
    recipes = recipes_of(bundle.wheels)
    rest.add([(RECIPES, recipes)] if recipes else [])
    pieces = pieces_of(bundle.wheels)
    rest.add([(PIECES, pieces)] if pieces else [])
    rest.add((f"{TREES}{number}", tree.text().encode()) for number, tree in enumerate(bundle.trees))
    rest.add(room.launchers)
    rest.add([("PEX-INFO", (json.dumps(info, indent=1, sort_keys=True) + "\n").encode())])
    before_zip = 0 if as_members else end_of_parts
    room_places = {name: rest.add_one(name, content, before_zip) for name, content in room_members(room)}
    rest.add([(IMPORTED, imported_module().encode())])
    facts = start_facts(info, bundle, room_places.get(ROOM, ()), room_places.get(COMPILED, ()))
    rest.add([("__main__.py", main_module(room, facts).encode())])
    rest.add([("__main__.pyc", main_bytecode(room.bytecode, facts))] if room.bytecode else [])
    # Last, so that no other byte but those of the directory depends on it.
    rest.add([(BILL, bundle.bill)] if bundle.bill else [])
    return Draft(
        build_id=identity,
        header=first,
        own_pythons=bundle.own_pythons,
        own_python_headers=headers[:pythons],
        wheels=tuple(map(_bundled, bundle.wheels)),
        wheel_headers=headers[pythons:],
        rest=rest.closed(),
        bytecode_size=sum(len(pack.content) for pack in bytecode),
    )


class _Rest:
    """The bytes after Pythons and wheels: our own members, then the directory of all `members`.

    Positions count from the beginning of the zip.
    """

    def __init__(self, members: Sequence[Entry], position: int) -> None:
        self._entries = [*members]
        self._position = position
        self._parts: list[bytes] = []

    @property
    def content(self) -> bytes:
        """All bytes so far."""
        return b"".join(self._parts)

    def add(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Append members, given by name and content."""
        for name, content in files:
            held = held_content(name, content)
            compressed = None if held is None else len(held)
            entry = Entry(name, zlib.crc32(content), len(content), self._position, compressed)
            self._entries.append(entry)
            self._parts.append(local_header(entry) + (content if held is None else held))
            self._position += len(self._parts[-1])

    def add_one(self, name: str, content: bytes, before_zip: int) -> tuple[int, int, int]:
        """Append a deflated member; return the offset in the file, the size and the CRC-32 of its bytes.

        The file has `before_zip` bytes before the zip begins.
        """
        self.add([(name, content)])
        held = self._entries[-1].compressed or 0
        return before_zip + self._position - held, held, zlib.crc32(self._parts[-1][-held:])

    def closed(self) -> bytes:
        """All bytes, with the directory."""
        return self.content + directory(self._entries, self._position)


def _bundled(wheel: Wheel) -> BundledWheel:
    return BundledWheel(
        name=wheel.name,
        version=str(wheel.version),
        filename=wheel.filename,
        path=wheel.packed or wheel.path,
        sha256=wheel.sha256,
        size=wheel.size,
    )


def _members(parts: Sequence[OwnPython | Wheel], position: int) -> Iterator[Entry]:
    """Pythons and wheels as the zip's first members, behind `position` bytes."""
    for part in parts:
        entry = Entry(member_name(part), part.crc32, part.size, position, is_aligned=is_aligned(part))
        yield entry
        position = entry.end


def _before_zip(parts: Sequence[OwnPython | Wheel], position: int) -> Iterator[tuple[int, bytes]]:
    """The position of each part that lies before the zip, and the bytes that fill the gap before it."""
    for part in parts:
        filling = bytes(gap(position)) if is_aligned(part) else b""
        yield position + len(filling), filling
        position += len(filling) + part.size


def _compiled(bytecode: Sequence[Bytecode], position: int) -> list[tuple[Bytecode, int]]:
    """Each bytecode with the offset of its first byte; they follow Pythons and wheels."""
    compiled = []
    for pack in bytecode:
        position += size_before(bytecode_name(pack))
        compiled.append((pack, position))
        position += len(pack.content)
    return compiled


def room_text(room: Room) -> str:
    """The text of all modules of the runtime. First come those that a first start needs as text."""
    files = sorted(room.files, key=lambda one: not one[0].startswith("written/"))
    return "".join(f"\f{name}\n{text}" for name, text in files if name != CHECKED_MAIN)


def room_members(room: Room) -> Iterator[tuple[str, bytes]]:
    """Name and content of the members with the runtime room, and with its compiled modules."""
    yield ROOM, room_text(room).encode()
    if room.bytecode and room.bytecode.modules:
        yield COMPILED, marshal.dumps((room.bytecode.magic, dict(room.bytecode.modules)), 2)
