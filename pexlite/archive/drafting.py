"""A Bundle as the bytes of a file: all but those of the wheels, which are copied when it is written.

The zip is laid out here and not by zipfile, which would read every byte again for its CRC and write ZIP64 past
2 GiB, which zipimport cannot read before Python 3.13.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pexlite.archive.compiled_main import main_bytecode
from pexlite.archive.facts import main_module, pex_info, start_facts
from pexlite.archive.header import header
from pexlite.archive.runtime_files import runtime_files
from pexlite.model import BootBytecode, Bundle, BundledWheel, Bytecode, Draft, WarmStart, Wheel

_PLAIN_ZIP_LIMIT = 0xFFFFFFFF - (1 << 20)
_DOS_EPOCH = (0, 0x21)  # midnight, 1980-01-01
_REGULAR = 0o100644 << 16
# All else of our own is stored, so that a warm start need not import zlib, which so early would be whatever
# PYTHONPATH has under that name, and a failing one can do without it.
_DEFLATED = (
    "PEX-INFO",
    "__pexlite__/finder.py",
    "__pexlite__/pythons.py",
    "__pexlite__/rest",
)
_TREES = ".trees/"
_REST_OF_BOOT = "-rest"
# Modules that are members of their own: what a warm start reads, what tells of damage, what finds the others, what
# runs on any Python. All others are one member, which deflates to two thirds of what they take apart.
_APART = ("__init__.py", "failed.py", "finder.py", "pythons.py")
# What looks like the end of a zip and is none: of a file that is cut off Python would else read the last wheel
# that is still whole, and run that.
_NO_END = struct.pack("<HH4s18s", 0x7870, 22, b"PK\x05\x06", b"\xff" * 18)


@dataclass(frozen=True)
class _Entry:
    name: str
    crc32: int
    size: int
    offset: int
    compressed: int | None = None
    """Bytes when deflated; None for an entry that is stored."""

    @property
    def fields(self) -> tuple[int, ...]:
        """The fields that local header and directory share (APPNOTE.TXT 4.3.7), from the version needed on."""
        method, held = (0, self.size) if self.compressed is None else (8, self.compressed)
        return (20, 0, method, *_DOS_EPOCH, self.crc32, held, self.size, len(self.name.encode()))


def draft(
    bundle: Bundle,
    version: str,
    bytecode: Sequence[Bytecode] = (),
    boots: Sequence[BootBytecode] = (),
    warm: WarmStart | None = None,
) -> Draft:
    """The file of `bundle`, made by pexlite `version`: every byte of it but those of the wheels.

    Without `bytecode` of wheels, `boots`, that of the runtime, and `warm`, that of the warm start, no Python has a
    part in these bytes.

    Up to 4 GiB the wheels are stored members of the zip; past that they lie before it, found by the offsets in
    PEX-INFO alone.
    """
    wheels = bundle.wheels
    header_size = len(header(bundle))
    as_members = header_size + sum(wheel.size + 512 for wheel in wheels) < _PLAIN_ZIP_LIMIT
    offsets = _offsets(wheels, header_size, as_members)
    end_of_wheels = offsets[-1] + wheels[-1].size if wheels else header_size
    compiled = _compiled(bytecode, end_of_wheels)
    info = pex_info(bundle, offsets, version, compiled, boots, warm)
    build_id = info["pexlite"]["build_id"]
    first = header(bundle, build_id)
    info["pexlite"]["header"] = [len(first), zlib.crc32(first)]
    members = [_member(wheel, offset) for wheel, offset in zip(wheels, offsets, strict=True) if as_members]
    packs = ((_bytecode_name(pack), pack.content) for pack, _ in compiled)
    facts = start_facts(info, bundle)
    main = main_module(facts, info["pexlite"]["runs_on"], bundle, boots)
    compiled_main = [("__main__.pyc", main_bytecode(warm, facts))] if warm else []
    trees = ((f"{_TREES}{number}", tree.text().encode()) for number, tree in enumerate(bundle.trees))
    parts = [*packs, *trees, *_own_files(info, main), *compiled_main, *_boot_files(boots)]
    return Draft(
        build_id=build_id,
        header=first,
        wheels=tuple(map(_bundled, wheels)),
        wheel_headers=tuple(map(_local_header, members)) if as_members else (b"",) * len(wheels),
        rest=_rest(parts, members, end_of_wheels if as_members else 0),
    )


def _bundled(wheel: Wheel) -> BundledWheel:
    return BundledWheel(
        name=wheel.name,
        version=str(wheel.version),
        filename=wheel.filename,
        path=wheel.path,
        sha256=wheel.sha256,
        size=wheel.size,
    )


def _member(wheel: Wheel, offset: int) -> _Entry:
    """The wheel, whose bytes begin at `offset`, as a member of the zip."""
    name = _member_name(wheel)
    return _Entry(name, wheel.crc32, wheel.size, offset - _before(name))


def _rest(files: Sequence[tuple[str, bytes]], members: Sequence[_Entry], position: int) -> bytes:
    """The bytes after the wheels: our own files and the directory; `position` counts from where the zip begins."""
    entries = [*members]
    parts = []
    for name, content in files:
        held = _held(name, content)
        compressed = None if held is None else len(held)
        entries.append(_Entry(name, zlib.crc32(content), len(content), position, compressed))
        parts.append(_local_header(entries[-1]) + (content if held is None else held))
        position += len(parts[-1])
    parts.append(_directory(entries, position))
    return b"".join(parts)


def _offsets(wheels: Sequence[Wheel], position: int, as_members: bool) -> list[int]:
    offsets = []
    for wheel in wheels:
        if as_members:
            position += _before(_member_name(wheel))
        offsets.append(position)
        position += wheel.size
    return offsets


def _compiled(bytecode: Sequence[Bytecode], position: int) -> list[tuple[Bytecode, int]]:
    """Each with the offset of its first byte; they come right after the wheels."""
    compiled = []
    for pack in bytecode:
        position += _before(_bytecode_name(pack))
        compiled.append((pack, position))
        position += len(pack.content)
    return compiled


def _bytecode_name(pack: Bytecode) -> str:
    return f".bytecode/{pack.python}/{pack.wheel_sha256[:32]}.zip"


def _before(name: str) -> int:
    """How many bytes stand before the content of the member `name`."""
    return 30 + len(name.encode()) + len(_NO_END)


def _member_name(wheel: Wheel) -> str:
    return f".deps/{wheel.filename}"


def _own_files(info: Mapping[str, Any], main: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each member that every file has beside its wheels."""
    yield "PEX-INFO", (json.dumps(info, indent=1, sort_keys=True) + "\n").encode()
    yield "__main__.py", main.encode()
    rest = []
    for name, content in runtime_files():
        if name in _APART:
            yield f"__pexlite__/{name}", content
        else:
            rest += [name.removesuffix(".py").encode(), content]
    yield "__pexlite__/rest", b"\0".join(rest)


def _boot_files(boots: Sequence[BootBytecode]) -> Iterator[tuple[str, bytes]]:
    """The bytecode of the runtime. Its names say nothing to zipimport, which would run it unchecked."""
    for boot in boots:
        yield f"__pexlite__/{boot.cache_tag}", boot.first
        yield f"__pexlite__/{boot.cache_tag}{_REST_OF_BOOT}", boot.rest


def _held(name: str, content: bytes) -> bytes | None:
    """The content of a member of our own, deflated; None where it is stored."""
    if name.startswith(_TREES):
        return _deflated(content, 6)  # half the time of 9, and 1 % more
    return _deflated(content) if name in _DEFLATED or name.endswith(_REST_OF_BOOT) else None


def _deflated(content: bytes, level: int = 9) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()


def _local_header(entry: _Entry) -> bytes:
    fields = struct.pack("<4s5H3I2H", b"PK\x03\x04", *entry.fields, len(_NO_END))
    return fields + entry.name.encode() + _NO_END


def _directory(entries: Sequence[_Entry], offset: int) -> bytes:
    """The central directory and its end record (APPNOTE.TXT 4.3.12 and 4.3.16)."""
    parts = []
    for entry in entries:
        fields = (20 | 3 << 8, *entry.fields, 0, 0, 0, 0, _REGULAR, entry.offset)
        parts.append(struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields) + entry.name.encode())
    directory = b"".join(parts)
    count = len(entries)
    return directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), offset, 0)
