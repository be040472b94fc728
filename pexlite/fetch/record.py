"""The RECORD of a wheel (binary distribution format): read it, and check files against it."""

from __future__ import annotations

import base64
import csv
import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pexlite.fetch.metadata import UnreadableError

_CHUNK = 1 << 20
# RECORD cannot list itself with a digest, and signatures over it cannot be listed in it.
_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")


@dataclass(frozen=True)
class Record:
    """RECORD: path to size, and path to digest (`sha256=…`); None and "" where a row has none."""

    sizes: Mapping[str, int | None] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


def read_record(text: str) -> Record:
    """RECORD: each path with its size and digest, where the row has them.

        click/__init__.py,sha256=cMVW-LlzQc1fh0rYTKmTIRnvNeUy2uM,4473
        click-8.2.1.dist-info/RECORD,,

    Raises UnreadableError naming the line whose size is no number.
    """
    sizes: dict[str, int | None] = {}
    digests: dict[str, str] = {}
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if not row or not row[0]:
            continue
        path = row[0].removeprefix("./")
        digests[path], size = [cell.strip() for cell in (*row[1:], "", "")][:2]
        if size and not size.isdecimal():
            raise UnreadableError(f"RECORD line {number}: {size!r} is no size")
        sizes[path] = int(size) if size else None
    return Record(sizes, digests)


def recorded(opened: zipfile.ZipFile, info: str) -> list[zipfile.ZipInfo]:
    """The members that RECORD has to list; `info` is the name of the wheel's `.dist-info` directory."""
    exempt = {f"{info}/{name}" for name in _UNLISTED}
    return [member for member in opened.infolist() if not member.is_dir() and member.filename not in exempt]


def unlike_record(opened: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], record: Record) -> Iterator[str]:
    """A sentence for each of `members` that differs from its digest in `record`, if it has one there."""
    for member in members:
        algorithm, _, expected = record.digests.get(member.filename, "").partition("=")
        if not expected:
            continue
        if algorithm not in hashlib.algorithms_available:
            yield f"RECORD has a digest of {member.filename} that nobody can compute: {algorithm}"
        elif digest_of(opened, member, algorithm) != expected.rstrip("="):
            yield f"{member.filename} is not what RECORD says"


def digest_of(opened: zipfile.ZipFile, member: zipfile.ZipInfo, algorithm: str) -> str:
    """The digest of the member's content as RECORD writes it: base64 for URLs, without padding."""
    digest = hashlib.new(algorithm)
    with opened.open(member) as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
