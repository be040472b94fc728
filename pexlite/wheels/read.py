"""A wheel file opened once: everything that later stages need from it, or a refusal if it would do harm."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from packaging.utils import (
    InvalidWheelFilename,
    NormalizedName,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from pexlite.errors import InvalidWheel
from pexlite.files.names import fault_of_name
from pexlite.model import Wheel
from pexlite.wheels.metadata import (
    UnreadableError,
    parse_requirement,
    parse_requires_python,
    read_entry_points,
    read_metadata,
    wheel_version,
)
from pexlite.wheels.record import is_metadata, is_unlisted, read_record, recorded, unlike_record
from pexlite.wheels.safety import hostile, unportable
from pexlite.wheels.zip_shape import Entry, UnlikeError, read_shape
from pexlite.wheels.zip_shape import content as content_of_entry

SCHEMES = frozenset({"purelib", "platlib", "scripts", "data", "headers"})
_CHUNK = 1 << 20
_MOST_CAUSES = 8
_LARGEST_TEXT = 1 << 26  # bytes; a RECORD of 70,000 files has 7 million


@dataclass(frozen=True)
class Digest:
    """The digests and the size of a file, computed in one pass."""

    sha256: str
    crc32: int
    size: int


def digest(path: Path) -> Digest:
    """The sha256, CRC-32 and size of the file at `path`."""
    sha256, crc32, size = hashlib.sha256(), 0, 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            crc32 = zlib.crc32(chunk, crc32)
            size += len(chunk)
    return Digest(sha256.hexdigest(), crc32, size)


def read_wheel(
    path: Path, *, filename: str | None = None, known: Digest | None = None, local: bool = False
) -> Wheel:
    """The wheel at `path`, checked.

    `filename` is given where the file has another name, `known` where it has been digested already.

    Raises InvalidWheel when name and METADATA disagree, and when a member would be written outside the wheel's own
    directories (absolute names, `..`, links, and the like). If the wheel is not `local`, also when a file that may
    run has another digest than RECORD says; metadata such as WHEEL may differ, since some publishers change it
    afterwards. Otherwise RECORD may be wrong, as for installers: the members concerned are in `unlike_record`.
    """
    with path.open("rb") as file:
        found = known or digest(path)
        return read_open_wheel(file, path, filename or path.name, found, local=local)


def read_open_wheel(file: BinaryIO, path: Path, filename: str, found: Digest, *, local: bool) -> Wheel:
    """The wheel in the open `file`, checked as by `read_wheel`; `path` is where it says that it is."""
    if fault_of_name(filename) is not None:
        raise refusal(filename, ["its name is no plain file name"])
    try:
        name, version, build, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as problem:
        raise refusal(filename, [str(problem)]) from problem
    try:
        # Who builds local code knows on which systems it will run, and a wheel for Linux alone runs there.
        anywhere = not local and not all("linux" in tag.platform for tag in tags)
        content = _Content(file, filename, name, version, anywhere=anywhere)
        wheel = Wheel(
            name=name,
            version=version,
            filename=filename,
            build=build,
            tags=tags,
            path=path,
            sha256=found.sha256,
            size=found.size,
            crc32=found.crc32,
            requires_dist=tuple(map(parse_requirement, content.metadata.requires_dist)),
            requires_python=parse_requires_python(content.metadata.requires_python),
            entry_points=content.entry_points,
            files=content.files,
            sizes=content.sizes,
            unpacked_size=sum(content.sizes),
            directory=content.directory,
            provides_extra=content.metadata.provides_extra,
            local=local,
        )
        if not local and not wheel.is_outsized:
            # Do not read all of a wheel that would fill a disk; a later stage decides whether it may go in.
            content.check_digests()
        return replace(wheel, unlike_record=tuple(content.unlike_record), record_dialects=content.record_dialects)
    except zipfile.BadZipFile as problem:
        raise refusal(filename, [f"the zip is cut off or damaged: {problem}"]) from problem
    except (UnreadableError, UnlikeError, NotImplementedError, EOFError, zlib.error, csv.Error) as problem:
        raise refusal(filename, [str(problem) or "a member is cut off"]) from problem


def refusal(filename: str, causes: Sequence[str]) -> InvalidWheel:
    """The error for a wheel that cannot go into a bundle."""
    shown = list(causes[:_MOST_CAUSES])
    if len(causes) > len(shown):
        shown.append(f"and {len(causes) - len(shown)} more of this kind")
    return InvalidWheel(
        f"{filename} is not a wheel that can be bundled",
        causes=shown,
        hint="take another version of it, or have its publisher build it again",
    )


def read_text(wheel: Wheel, member: str) -> str:
    """The Python source `member` of `wheel`, decoded by its coding line (PEP 263)."""
    with zipfile.ZipFile(wheel.path) as archive:
        try:
            return importlib.util.decode_source(archive.read(member))
        except (SyntaxError, UnicodeDecodeError) as problem:
            raise refusal(wheel.filename, [f"{member} cannot be decoded: {problem}"]) from problem


class _Content:
    """An open wheel's members, checked, and its texts."""

    def __init__(
        self, file: BinaryIO, filename: str, name: NormalizedName, version: Version, *, anywhere: bool
    ) -> None:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
        problems = list(hostile(members))
        try:
            self.directory, self._entries = read_shape(file)
            _check_agreement(self._entries, members)
        except UnlikeError as problem:
            # Otherwise one reader would unpack members that another does not see.
            problems.append(f"readers of zips differ on it: {problem}")
        if anywhere:
            problems += unportable(members)
        if problems:
            raise refusal(filename, problems)
        kept = [member for member in members if not member.is_dir()]
        self.files = tuple(member.filename for member in kept)
        self.sizes = tuple(member.file_size for member in kept)
        self._file = file
        self._archive = archive
        self._members = frozenset(self.files)
        info = self._dist_info(filename, name)
        self._check_wheel_version(info)
        self.metadata = read_metadata(self._text(f"{info}/METADATA"))
        entry_points = f"{info}/entry_points.txt"
        self.entry_points = read_entry_points(self._text(entry_points)) if entry_points in self._members else {}
        self._filename = filename
        self._in_record = recorded(archive, info)
        self._record = read_record(self._text(f"{info}/RECORD"))
        self.record_dialects = self._record.dialects
        self.unlike_record = dict.fromkeys(self._told_wrongly())
        self._refuse(
            [
                *self._names_that_differ(name, version),
                *self._data_outside_schemes(info.removesuffix(".dist-info") + ".data/"),
            ]
        )

    def check_digests(self) -> None:
        """Raise InvalidWheel where a file differs from RECORD, or readers may read it differently."""
        self._refuse(list(self._code_with_other_digests()))

    def _code_with_other_digests(self) -> Iterator[str]:
        """The sentences about files that may run; the names of other files are kept in `unlike_record`."""
        for entry in self._entries:
            for sentence in unlike_record(entry.shown, content_of_entry(self._file, entry), self._record):
                if is_metadata(entry.shown):
                    self.unlike_record[entry.shown] = None
                else:
                    yield sentence

    def _refuse(self, problems: Sequence[str]) -> None:
        if problems:
            raise refusal(self._filename, problems)

    def _dist_info(self, filename: str, name: NormalizedName) -> str:
        found = {top for top, slash, _ in (file.partition("/") for file in self.files) if slash and _is_info(top)}
        if len(found) != 1:
            there = ", ".join(sorted(found)) or "none"
            raise refusal(filename, [f"it needs one .dist-info directory and has {there}"])
        info = found.pop()
        if canonicalize_name(info.partition("-")[0]) != name:
            raise refusal(filename, [f"its {info} belongs to another project"])
        return info

    def _text(self, member: str) -> str:
        if member not in self._members:
            raise UnreadableError(f"there is no {member}")
        if self._archive.getinfo(member).file_size > _LARGEST_TEXT:
            raise UnreadableError(f"{member} is too large to be what it should be")
        return self._archive.read(member).decode("utf-8", "replace")

    def _check_wheel_version(self, info: str) -> None:
        said = wheel_version(self._text(f"{info}/WHEEL"))
        # Wheels of 2012 say 0.1, and installers take them as 1.0.
        if said.partition(".")[0] not in ("0", "1"):
            raise UnreadableError(f"Wheel-Version {said or 'missing'}: only 1.x can be read")

    def _names_that_differ(self, name: NormalizedName, version: Version) -> Iterator[str]:
        if canonicalize_name(self.metadata.name) != name:
            yield f"METADATA has the name {self.metadata.name}"
        try:
            differs = Version(self.metadata.version) != version
        except InvalidVersion:
            differs = True
        if differs:
            yield f"METADATA has the version {self.metadata.version}"

    def _data_outside_schemes(self, prefix: str) -> Iterator[str]:
        for file in self.files:
            if file.startswith(prefix):
                scheme, _, rest = file.removeprefix(prefix).partition("/")
                if scheme not in SCHEMES or not rest:
                    yield f"{file} is in none of the schemes {', '.join(sorted(SCHEMES))}"

    def _told_wrongly(self) -> Iterator[str]:
        """The members that RECORD leaves out or gives another size, and the files that only RECORD knows."""
        sizes = self._record.sizes
        for member in self._in_record:
            if sizes.get(member.filename, -1) not in (None, member.file_size):
                yield member.filename
        yield from (name for name in sizes if name not in self._members and not is_unlisted(name))


def _check_agreement(entries: Sequence[Entry], members: Sequence[zipfile.ZipInfo]) -> None:
    """Raise UnlikeError unless zipfile, which venv and pip use, sees the same members."""
    ours = [(entry.shown, entry.offset, entry.compressed, entry.size, entry.crc32) for entry in entries]
    theirs = [(one.orig_filename, one.header_offset, one.compress_size, one.file_size, one.CRC) for one in members]
    if ours != theirs:
        raise UnlikeError("zipfile sees other members in it")


def _is_info(directory: str) -> bool:
    return directory.endswith(".dist-info")
