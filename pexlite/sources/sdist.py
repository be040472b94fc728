"""Source distributions, unpacked in the same way on every Python.

`tarfile` has filters since Python 3.11.4, and until 3.11.13 they let links lead out of the directory. So names
that `names` refuses are not accepted here, and links are made last: nothing is ever written through a link.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from pexlite.errors import ProjectBuildError
from pexlite.files import names

try:
    from lzma import LZMAError
except ImportError:  # a Python that was made without it, whose tarfile says so
    LZMAError = zlib.error  # type: ignore[misc,assignment]

UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    OSError,
    NotImplementedError,  # a zip compression that Python lacks
    RuntimeError,  # a zip with a password
)
"""The errors of reading an archive that is damaged, or that this Python cannot read."""


@dataclass(frozen=True)
class _Member:
    """A file or directory of an archive, at the plain relative `path`; a directory has no content."""

    path: str
    content: Callable[[], IO[bytes] | None] | None = None
    is_program: bool = False
    time: float | None = None


@dataclass(frozen=True)
class _Link:
    """A symbolic link at `path`; `text` leads from its directory to a place in the archive."""

    path: str
    text: str


class _MemberError(Exception):
    """The name of a member that cannot be written, and the reason."""


def unpack_sdist(archive: Path, directory: Path) -> Path:
    """The sole directory in `archive` (tar or zip), unpacked into the new `directory`; else `directory` itself.

    Files belong to this user and are closed to others' writing. Raises ProjectBuildError.
    """
    directory.mkdir()
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                _write(_members_of_zip(opened), directory)
        else:
            with tarfile.open(archive) as opened_tar:
                _write(_members_of_tar(opened_tar), directory)
    except (_MemberError, *UNREADABLE) as problem:
        raise ProjectBuildError(
            f"{archive.name} is no source distribution that can be unpacked",
            causes=[str(problem)],
            hint="download it again, or take its wheel",
        ) from problem
    entries = list(directory.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else directory


def _members_of_zip(archive: zipfile.ZipFile) -> Iterable[_Member]:
    for info in archive.infolist():
        path = _plain(info.filename)
        if info.is_dir():
            yield _Member(path)
        elif path:
            is_program = bool(info.external_attr >> 16 & 0o100)
            yield _Member(path, partial(archive.open, info), is_program)


def _members_of_tar(archive: tarfile.TarFile) -> Iterable[_Member | _Link]:
    files: dict[str, tarfile.TarInfo] = {}
    for info in archive:
        path = _plain(info.name)
        if info.isdir():
            yield _Member(path)
            continue
        if not path:
            raise _MemberError(f"member {info.name!r} has no name")
        if info.issym():
            yield _Link(path, _checked_link(path, info.linkname))
            continue
        if info.isfile():
            files[path] = info
        elif not info.islnk() or _plain(info.linkname) not in files:
            raise _MemberError(f"member {info.name!r} is neither a file nor a directory")
        # A hard link becomes a file of its own.
        source = files[path] if info.isfile() else files[_plain(info.linkname)]
        is_program = bool(source.mode & 0o100)
        yield _Member(path, partial(archive.extractfile, source), is_program, source.mtime)


def _plain(name: str) -> str:
    """The relative path in `name`, "" for the archive's own top: "./demo-1.0//src/" gives "demo-1.0/src"."""
    path = "/".join(step for step in name.split("/") if step not in ("", "."))
    fault = "would be written elsewhere" if name.startswith("/") else path and names.fault_of_path(path)
    if fault:
        raise _MemberError(f"member {name!r} {fault}")
    return path


def _checked_link(path: str, text: str) -> str:
    """The text of the link at `path`, if it leads nowhere outside, through whatever other links.

    `..` is allowed only at the beginning, where it goes up from a real directory: after the name of another link
    it would go up from that link's target.
    """
    steps = [step for step in text.split("/") if step not in ("", ".")]
    up = len(list(itertools.takewhile(lambda step: step == "..", steps)))
    if "\0" in text or text.startswith("/") or ".." in steps[up:] or up > path.count("/"):
        raise _MemberError(f"member {path!r} is a link that leads elsewhere, to {text!r}")
    return text


def _write(members: Iterable[_Member | _Link], directory: Path) -> None:
    links: list[_Link] = []
    for member in members:
        place = directory / member.path
        if isinstance(member, _Link):
            place.parent.mkdir(parents=True, exist_ok=True)
            links.append(member)
        elif member.content is None:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            _write_file(member, member.content, place)
    # By now each directory that is to contain a link exists as a real one, so no link is made through another.
    for link in links:
        (directory / link.path).symlink_to(link.text)


def _write_file(member: _Member, content: Callable[[], IO[bytes] | None], place: Path) -> None:
    opened = content()
    assert opened is not None
    with opened as source, place.open("wb") as file:
        shutil.copyfileobj(source, file)
    place.chmod(0o755 if member.is_program else 0o644)
    if member.time is not None:
        # Keep mtimes: a build would regenerate files that look older than their sources.
        with contextlib.suppress(OverflowError, OSError, ValueError):
            os.utime(place, (member.time, member.time))
