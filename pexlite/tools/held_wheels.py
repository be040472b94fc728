"""The wheels and Pythons in a built file, compared with their digests, and files in a wheel with its RECORD."""

from __future__ import annotations

import csv
import functools
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pexlite.archive.members import UNREADABLE, open_zip, read_part
from pexlite.archive.stored_wheels import chunks, open_wheel
from pexlite.errors import PexliteError
from pexlite.model import StoredPython, StoredWheel, Wheel
from pexlite.parallel import Stop, each
from pexlite.ship.served import AnotherZlibError, NotRemadeError, recipe_in, served
from pexlite.store.uncompressed import rewrite
from pexlite.wheels.pieces import has_large_members, pieces_of_members
from pexlite.wheels.read import Digest, read_open_wheel
from pexlite.wheels.record import content_of, is_metadata, is_unlisted, read_record, recorded, unlike_record
from pexlite.wheels.zip_shape import read_directory

# Upper limits in bytes of a RECORD and its rows; pexlite neither writes nor accepts larger ones.
_LARGEST_RECORD, _LONGEST_ROW = 16 << 20, 1000
Known = Callable[[str, str], "Wheel | None"]
"""The wheel of a sha256 and a file name as it was when it was checked here before; None where it never was."""


@dataclass(frozen=True)
class Held:
    """A wheel in a file, checked."""

    wheel: Wheel | None
    """None where it cannot be read."""
    files: int
    problems: tuple[str, ...]
    unchecked: str = ""
    """Why the index's wheel could not be made again of it here; empty where it was, or is this one."""


def held_wheels(path: Path, wheels: Sequence[StoredWheel], vouched: Collection[str], known: Known) -> list[Held]:
    """Each of `wheels` in the file at `path`, checked in several threads.

    What is in a wheel is compared with its RECORD, unless its digest is one of the `vouched`, or the wheel was
    looked at here before.
    """
    return each([functools.partial(_held, path, wheel, wheel.sha256 in vouched, known) for wheel in wheels])


def problems_of_pythons(path: Path, pythons: Sequence[StoredPython]) -> Iterator[str]:
    """A line for each of the file's own Pythons that has changed."""
    with path.open("rb") as file:
        for own in pythons:
            found = _digest(file, own)
            if (found.sha256, found.crc32) != (own.sha256, own.crc32):
                yield f"its own CPython {own.version} has not the sha256 {own.sha256}"


def _held(path: Path, stored: StoredWheel, vouched: bool, known: Known) -> Held:
    unchecked = ""
    with path.open("rb") as file:
        found = _digest(file, stored)
        if found.sha256 != stored.sha256:
            return Held(None, 0, (f"{stored.filename} has not the sha256 {stored.sha256}",))
        wheel = known(stored.sha256, stored.filename)
        problems: list[str] = []
        part = open_wheel(file, stored)
        try:
            if read_directory(part) != stored.directory:
                problems.append(f"{stored.filename}: PEX-INFO says that its directory is elsewhere")
            if wheel is None:
                _check_record(part)
                # local=True: RECORD is compared below, in words of its own.
                wheel = read_open_wheel(part, path, stored.filename, found, local=True)
                if not vouched:
                    problems += _problems_of_files(part, stored)
            pieces = b"".join(pieces_of_members(part)) if has_large_members(wheel) else b""
        except (*UNREADABLE, csv.Error, PexliteError) as problem:
            causes = getattr(problem, "causes", ()) or (str(problem) or type(problem).__name__,)
            return Held(None, 0, tuple(f"{stored.filename} cannot be read: {cause}" for cause in causes))
        wheel = replace(
            wheel,
            crc32=found.crc32,
            local=stored.local,
            repacked_from=stored.repacked_from,
            frames=stored.frames,
            pieces=pieces,
        )
        if stored.repacked_from:
            wheel = replace(wheel, recipe=recipe_in(file, stored))
            try:
                _check_served(file, stored)
            except AnotherZlibError as problem:
                unchecked = str(problem)
            except NotRemadeError as problem:
                problems.append(f"{stored.filename}: {problem}")
    files = sum(not is_unlisted(name) for name in wheel.files)
    return Held(wheel, files, tuple(problems), unchecked)


def _check_served(file: BinaryIO, wheel: StoredWheel) -> None:
    """Raise NotRemadeError unless the wheel is what a build writes of the index's, which is made again."""
    with tempfile.TemporaryDirectory(prefix="pexlite-verify-") as name:
        original, again = Path(name, "served.whl"), Path(name, "written.whl")
        with original.open("wb") as made:
            made.writelines(served(file, wheel))
        # Else a recipe could have the index's wheel in it, and the file another one.
        rewrite(original, again, Stop())
        with again.open("rb") as written:
            # By content: another zstandard packs it otherwise.
            if not _are_alike(written, open_wheel(file, wheel)):
                how = "--zstd packs" if wheel.frames else "--no-compress writes"
                raise NotRemadeError(f"it is not what {how} of {wheel.repacked_from}")


def _are_alike(one: BinaryIO, other: BinaryIO) -> bool:
    while piece := one.read(1 << 20):
        if other.read(len(piece)) != piece:
            return False
    return not other.read(1)


def _digest(file: BinaryIO, part: StoredWheel | StoredPython) -> Digest:
    sha256, crc32, size = hashlib.sha256(), 0, 0
    for chunk in chunks(file, part):
        sha256.update(chunk)
        crc32, size = zlib.crc32(chunk, crc32), size + len(chunk)
    return Digest(sha256.hexdigest(), crc32, size)


def _problems_of_files(part: BinaryIO, wheel: StoredWheel) -> Iterator[str]:
    """A line for each file in the wheel that is not as RECORD says."""
    with open_zip(part) as opened:
        found = [name for name in opened.namelist() if name.endswith(".dist-info/RECORD") and name.count("/") == 1]
        if len(found) != 1:
            raise zipfile.BadZipFile(f"it has {len(found)} RECORDs")
        [path] = found
        record = read_record(_record(opened, path).decode("utf-8"))
        for member in recorded(opened, path.removesuffix("/RECORD")):
            # The wheel's sha256 is right, so RECORD may list as little as when the wheel was accepted.
            name = member.filename
            problems = list(unlike_record(name, content_of(opened, name), record))
            if problems and not is_metadata(name):
                yield f"{wheel.filename}: {problems[0]}"


def _check_record(part: BinaryIO) -> None:
    """Raise BadZipFile where RECORD is so large that reading it would take the memory of this machine."""
    with open_zip(part) as opened:
        for name in opened.namelist():
            if name.endswith(".dist-info/RECORD"):
                _record(opened, name)


def _record(opened: zipfile.ZipFile, path: str) -> bytes:
    """The content of the RECORD at `path`. Raises BadZipFile where it is far larger than its wheel can need."""
    content = read_part(opened, path, min(_LARGEST_RECORD, _LONGEST_ROW * (len(opened.infolist()) + 10)))
    if content.count(b"\n") + content.count(b"\r") > 4 * len(opened.infolist()) + 1000:
        raise zipfile.BadZipFile("its RECORD has far more rows than it has files")
    return content
