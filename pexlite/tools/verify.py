"""Verify a built file: its own parts, its wheels and their files, and its agreement with a lock."""

from __future__ import annotations

import csv
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.utils import parse_wheel_filename

from pexlite.archive.members import UNREADABLE, open_zip, pieces, read_part
from pexlite.archive.reader import read_manifest
from pexlite.archive.stored_wheels import open_wheel, sha256
from pexlite.archive.trees import problems_of_trees
from pexlite.errors import UsageError, VerificationFailed
from pexlite.model import Manifest, StoredWheel
from pexlite.wheels.record import content_of, is_metadata, read_record, recorded, unlike_record
from pexlite.wheels.zip_shape import read_shape

# Upper limits in bytes of a deflated part, a RECORD and its rows; pexlite neither writes nor accepts larger ones.
_LARGEST_PART = 64 << 20
_LARGEST_RECORD, _LONGEST_ROW = 16 << 20, 1000


@dataclass(frozen=True)
class Verified:
    """A file that was found to be right."""

    path: Path
    build_id: str
    wheels: int
    files: int
    """The number of files in all wheels together."""
    by_name: tuple[str, ...] = ()
    """Wheels that the lock names without a digest: built from an sdist, a repository or a directory."""
    repacked: tuple[str, ...] = ()
    """Wheels that were rewritten uncompressed, and name the wheel of the lock they come from."""
    own: tuple[str, ...] = ()
    """Wheels of local code that the lock does not name."""


def verify_file(path: Path, lock: Path | None = None) -> Verified:
    """Check the file at `path`; return the counts of what was checked.

    Raises NotABundle, and VerificationFailed with a line for everything that is wrong. With `lock`, every wheel
    has to be named in this pylock.toml (PEP 751).
    """
    locked = _read_lock(lock) if lock else None
    manifest = read_manifest(path)
    problems: list[str] = []
    files = 0
    with path.open("rb") as file:
        problems += _problems_of_own_parts(file, manifest)
        problems += problems_of_trees(path, manifest)
        for own in manifest.own_pythons:
            if sha256(file, own) != own.sha256:
                problems.append(f"its own CPython {own.version} has not the sha256 {own.sha256}")
        for wheel in manifest.wheels:
            if sha256(file, wheel) != wheel.sha256:
                problems.append(f"{wheel.filename} has not the sha256 {wheel.sha256}")
                continue
            found = list(_problems_of_files(file, wheel))
            problems += filter(None, found)
            files += len(found)
    if problems:
        raise VerificationFailed(f"{path} is not what was built", causes=problems, hint="copy it here again")
    vouched = _Vouched(manifest, locked) if locked else None
    if vouched and vouched.problems:
        raise VerificationFailed(
            f"{path} is not what {lock} says", causes=vouched.problems, hint="build it again from this lock"
        )
    return Verified(
        path=path,
        build_id=manifest.build_id,
        wheels=len(manifest.wheels),
        files=files,
        by_name=tuple(vouched.by_name) if vouched else (),
        repacked=tuple(vouched.repacked) if vouched else (),
        own=tuple(vouched.own) if vouched else (),
    )


def _problems_of_own_parts(file: BinaryIO, manifest: Manifest) -> Iterator[str]:
    """A line for each damaged part other than wheels: the header, the boot, PEX-INFO."""
    size, crc = manifest.header
    file.seek(0)
    if zlib.crc32(file.read(size)) != crc:
        yield "its first lines have changed"
    with open_zip(file) as whole:
        for member in whole.infolist():
            if member.filename.startswith((".deps/", ".python/")):
                continue  # checked by its sha256, which is stronger
            try:
                if member.compress_type and member.file_size > _LARGEST_PART:
                    raise zipfile.BadZipFile
                for _ in pieces(whole, member):
                    pass
            except UNREADABLE:
                yield f"its {member.filename} has changed"


def _problems_of_files(file: BinaryIO, wheel: StoredWheel) -> Iterator[str]:
    """For each file in the wheel a line: "" if it is as RECORD says, else the difference."""
    try:
        part = open_wheel(file, wheel)
        with open_zip(part) as opened:
            if read_shape(part)[0] != wheel.directory:
                yield f"{wheel.filename}: PEX-INFO says that its directory is elsewhere"
            yield from _unlike_record(opened, wheel)
    except (*UNREADABLE, csv.Error) as problem:
        yield f"{wheel.filename} cannot be read: {problem or type(problem).__name__}"


def _unlike_record(opened: zipfile.ZipFile, wheel: StoredWheel) -> Iterator[str]:
    found = [name for name in opened.namelist() if name.endswith(".dist-info/RECORD") and name.count("/") == 1]
    if len(found) != 1:
        raise zipfile.BadZipFile(f"it has {len(found)} RECORDs")
    [path] = found
    members = len(opened.infolist())
    content = read_part(opened, path, min(_LARGEST_RECORD, _LONGEST_ROW * (members + 10)))
    if content.count(b"\n") + content.count(b"\r") > 4 * members + 1000:
        raise zipfile.BadZipFile("its RECORD has far more rows than it has files")
    record = read_record(content.decode("utf-8"))
    for member in recorded(opened, path.removesuffix("/RECORD")):
        # The wheel's sha256 is right, so RECORD may list as little as when the wheel was accepted.
        name = member.filename
        problems = list(unlike_record(name, content_of(opened, name), record))
        yield f"{wheel.filename}: {problems[0]}" if problems and not is_metadata(name) else ""


# -- the lock ------------------------------------------------------------------------------------


def _read_lock(path: Path) -> Pylock:
    try:
        return Pylock.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as failure:
        raise UsageError(f"{path} cannot be read", causes=[failure.strerror or str(failure)]) from failure
    except (ValueError, PylockValidationError) as failure:
        raise UsageError(f"{path} is no pylock.toml", causes=[str(failure)]) from failure


class _Vouched:
    """The wheels of a file, sorted by how the lock vouches for them."""

    def __init__(self, manifest: Manifest, lock: Pylock) -> None:
        self.problems: list[str] = []
        self.by_name: list[str] = []
        self.repacked: list[str] = []
        self.own: list[str] = []
        packages: dict[str, list[Package]] = {}
        for package in lock.packages:
            packages.setdefault(package.name, []).append(package)
        local = {wheel.filename for wheel in manifest.wheels if wheel.local}
        for wheel in manifest.wheels:
            name, version, _, _ = parse_wheel_filename(wheel.filename)
            known = packages.get(name, [])
            digests = {digest for package in known for digest in _digests(package)}
            if wheel.sha256 in digests:
                continue
            if wheel.repacked_from in digests:
                self.repacked.append(wheel.filename)
                continue
            if wheel.filename in local and not any(package.wheels for package in known):
                self.own.append(wheel.filename)
            elif any(_is_source(package) and package.version in (None, version) for package in known):
                self.by_name.append(wheel.filename)
            elif not known:
                self.problems.append(f"the lock does not name {name}, of which {wheel.filename} is here")
            elif version not in {package.version for package in known}:
                said = " and ".join(sorted(str(package.version) for package in known))
                self.problems.append(f"{wheel.filename} is here, the lock has {name} {said}")
            else:
                self.problems.append(f"{wheel.filename} has a digest that the lock does not have")


def _digests(package: Package) -> Iterator[str]:
    hashes = [wheel.hashes for wheel in package.wheels or ()]
    if package.archive:
        hashes.append(package.archive.hashes)
    yield from filter(None, (found.get("sha256") for found in hashes))


def _is_source(package: Package) -> bool:
    """Whether `package` is installed by building a wheel, whose digest the lock cannot know."""
    return bool(package.sdist or package.vcs or package.directory or package.archive)
