"""A wheel as its index serves it, made again of the one that `--no-compress` or `--zstd` wrote of it: by a recipe.

    pexlite recipe 1 1a2b3c4d 5e6f7081
    (a delta's script, packed by xz)

The script makes the index's wheel of the one in the file, as runtime/tools/reassemble.py reads it: headers are new
bytes; a member is deflated again at the level at which zlib makes the same bytes, or kept where none does.
The line has the CRC-32 of a sample at each level, deflated where the recipe was written: another zlib, as zlib-ng,
may make other bytes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pexlite.archive.stored_wheels import open_wheel
from pexlite.model import StoredWheel
from pexlite.ship.deflate import level_that_makes
from pexlite.ship.operations import Copy, Deflate, New, Operation, joined, script_of
from pexlite.ship.room import reassemble
from pexlite.wheels.zip_shape import Entry, read_shape

_PIECE = 1 << 20
_MOST_KEPT = 0.25  # of the uncompressed wheel; more makes a larger file than its faster start is worth
_FIRST_WORDS = b"pexlite recipe 1"
_LONGEST_LINE = 100
_LONGEST_TAKE = 4 << 20  # bytes of a script in memory at once
_ROOM = 16 << 20  # bytes that even a recipe for a tiny wheel may have, unpacked


class NotRemadeError(ValueError):
    """A wheel that cannot be made again here; the message says why."""


class AnotherZlibError(NotRemadeError):
    """A wheel that zlib here does not make again, as it deflates otherwise than where its recipe was written."""


# -- at build ------------------------------------------------------------------------------------


def can_write_recipes() -> bool:
    """Whether this Python has lzma: one that was built without its headers lacks the module."""
    return importlib.util.find_spec("_lzma") is not None


def recipe(served: Path, written: Path, check: Callable[[], object]) -> bytes | None:
    """The recipe for the wheel `served` out of `written`; None where it would be a large part of that.

    Calls `check` now and then, which may raise. Only where `can_write_recipes`.
    """
    import lzma

    with served.open("rb") as old, written.open("rb") as new:
        operations = list(_operations(old, new, check))
        kept = sum(len(one.content) for one in operations if isinstance(one, New))
        if kept > written.stat().st_size * _MOST_KEPT + _PIECE:
            return None
    line = b" ".join([_FIRST_WORDS, *(b"%08x" % crc for crc in reassemble().fingerprint())])
    return line + b"\n" + lzma.compress(script_of(joined(operations)), preset=6)


def _operations(old: BinaryIO, new: BinaryIO, check: Callable[[], object]) -> Iterator[Operation]:
    _, entries = read_shape(old)
    places = {entry.shown: _begin(new, entry) for entry in read_shape(new)[1]}
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        check()
        begin = _begin(old, entry)
        yield New(_read(old, position, begin - position))
        yield _member(old, begin, entry, new, places.get(entry.shown))
        position = begin + entry.compressed
    yield New(_read(old, position, old.seek(0, io.SEEK_END) - position))


def _member(old: BinaryIO, begin: int, entry: Entry, new: BinaryIO, place: int | None) -> Operation:
    """The operation that makes the bytes of the member `entry` at `begin` of the content at `place`."""
    if place is not None and not entry.method:
        return Copy(0, place, entry.size)
    if place is not None and entry.size:
        level = level_that_makes(
            lambda offset, size: _read(old, begin + offset, size, short=True),
            entry.compressed,
            lambda: _pieces(new, place, entry.size),
        )
        if level is not None:
            return Deflate(level, entry.compressed, Copy(0, place, entry.size))
    return New(_read(old, begin, entry.compressed))


def _begin(file: BinaryIO, entry: Entry) -> int:
    """Where the content of the member begins."""
    name, extra = struct.unpack("<HH", _read(file, entry.offset + 26, 4))
    begin: int = entry.offset + 30 + name + extra
    return begin


def _pieces(file: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    for place in range(offset, offset + size, _PIECE):
        yield _read(file, place, min(_PIECE, offset + size - place))


def _read(file: BinaryIO, offset: int, size: int, *, short: bool = False) -> bytes:
    file.seek(offset)
    content = file.read(size)
    if len(content) < size and not short:
        raise NotRemadeError("a wheel ends too early")
    return content


# -- of a built file -----------------------------------------------------------------------------


def recipe_in(file: BinaryIO, wheel: StoredWheel) -> bytes:
    """The recipe of a wheel in the open `file`."""
    return _read(file, *wheel.recipe, short=True)


def served(file: BinaryIO, wheel: StoredWheel) -> Iterator[bytes]:
    """The bytes of the wheel in the open `file` as its index serves it.

    Raises NotRemadeError, after the last piece where they have not the sha256 that the file says.
    """
    if not wheel.repacked_from:
        yield from _pieces(file, wheel.offset, wheel.size)
        return
    found = recipe_in(file, wheel)
    digest, size = hashlib.sha256(), 0
    try:
        for piece in _made(found, open_wheel(file, wheel), wheel):
            digest.update(piece)
            size += len(piece)
            if size > 2 * wheel.zip_size + _ROOM:
                raise NotRemadeError("its recipe makes more than a wheel can be")
            yield piece
    except reassemble().Misfit as misfit:
        _check_zlib(found)
        raise NotRemadeError(f"its recipe is none of it: {misfit}") from misfit
    if digest.hexdigest() != wheel.repacked_from:
        _check_zlib(found)
        raise NotRemadeError(f"its recipe does not make the wheel with the sha256 {wheel.repacked_from}")


def _made(recipe: bytes, written: BinaryIO, wheel: StoredWheel) -> Iterable[bytes]:
    line, _, packed = recipe.partition(b"\n")
    if not line.startswith(_FIRST_WORDS + b" ") or len(line) > _LONGEST_LINE:
        raise NotRemadeError("it has no recipe")

    def source(offset: int, size: int) -> bytes:
        return _read(written, offset, size)

    script = _script(packed, wheel.zip_size // 2 + _ROOM)
    made: Iterable[bytes] = reassemble().pieces(script, io.BytesIO().read, [source])
    return made


def _script(packed: bytes, most: int) -> Any:
    """The script, unpacked as it is read, so that a small one cannot fill the memory."""
    stream = io.BytesIO(packed)

    class Bounded(reassemble().Script):  # type: ignore[misc]
        taken = 0

        def take(self, size: int) -> bytes:
            self.taken += size
            if size > _LONGEST_TAKE or self.taken > most:
                raise NotRemadeError("its recipe is larger than any of a build")
            content: bytes = super().take(size)
            return content

    # xz makes up to 7,000 bytes of one.
    return Bounded(lambda size: stream.read(min(size, 512)), "xz")


def _check_zlib(recipe: bytes) -> None:
    """Raise AnotherZlibError where zlib here deflates otherwise than where the recipe was written."""
    there = recipe.partition(b"\n")[0].decode("latin-1").split()[3:]
    if there != [f"{crc:08x}" for crc in reassemble().fingerprint()]:
        raise AnotherZlibError(
            f"zlib {zlib.ZLIB_RUNTIME_VERSION} of this Python deflates otherwise than that of who built the file"
        )
