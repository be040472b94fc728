"""The RECORD of a wheel (binary distribution format): parsed, and files checked against it.

`installer.records` accepts only rows of three cells: it refuses an empty line, and a row such as
`demo/__init__.py` without digest and size; it leaves digests in hex and a / before paths to its caller.
`wheel.wheelfile` refuses the same rows, and md5. None of these makes a wheel harmful, so the parser here is our
own.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_CHUNK = 1 << 20
# RECORD cannot have its own digest, nor those of signatures over it.
_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_HEX_LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_URL_SAFE = str.maketrans("+/", "-_")


@dataclass(frozen=True)
class Record:
    """RECORD: path to size, and path to digest (`sha256=…`); None and "" where a row has none."""

    sizes: Mapping[str, int | None] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    dialects: tuple[str, ...] = ()
    """The ways, in words, in which it is not written as the specification says."""


def read_record(text: str) -> Record:
    """RECORD: each path with its size and digest, where the row has them.

        click/__init__.py,sha256=cMVW-LlzQc1fh0rYTKmTIRnvNeUy2uM,4473
        click-8.2.1.dist-info/RECORD,,

    What some tools write instead is read as what it means, and told in `dialects`. A size that is no number is
    none, and directories are passed over.
    """
    sizes: dict[str, int | None] = {}
    digests: dict[str, str] = {}
    dialects: dict[str, None] = {}
    for row in csv.reader(text.removeprefix("\ufeff").splitlines()):
        if not row or not row[0] or row[0].endswith("/"):
            continue
        path = row[0].removeprefix("./").lstrip("/")
        digest, size = [cell.strip() for cell in (*row[1:], "", "")][:2]
        digests[path], dialect = _as_specified(digest)
        # No file has a size of twenty digits, and int() refuses more than some thousand.
        sizes[path] = int(size) if size.isdecimal() and len(size) < 20 else None
        dialects |= dict.fromkeys((dialect, "paths that begin with a slash" if row[0].startswith("/") else ""))
    return Record(sizes, digests, tuple(filter(None, dialects)))


def _as_specified(digest: str) -> tuple[str, str]:
    """`digest` ("sha256=…") in URL-safe base64, "" where it cannot be checked here; and its dialect, or ""."""
    algorithm, equals, value = digest.partition("=")
    algorithm = algorithm.lower()
    if not value:
        return "", ""
    if algorithm not in hashlib.algorithms_available:
        return "", f"digests that cannot be checked here ({algorithm})"
    if re.fullmatch(rf"[0-9A-Fa-f]{{{_HEX_LENGTHS.get(algorithm, 0)}}}", value):
        return algorithm + equals + _encoded(bytes.fromhex(value)), "digests in hex"
    plain = value.translate(_URL_SAFE)
    return algorithm + equals + plain, "digests in base64 with + and /" if plain != value else ""


def is_metadata(member: str) -> bool:
    """Whether the file `member` of a wheel is metadata, which never runs."""
    return member.partition("/")[0].endswith(".dist-info")


def is_unlisted(member: str) -> bool:
    """Whether the file `member` of a wheel is RECORD or a signature over it, whose digests no row can have."""
    return is_metadata(member) and member.partition("/")[2] in _UNLISTED


def recorded(opened: zipfile.ZipFile, info: str) -> list[zipfile.ZipInfo]:
    """The members that RECORD should list; `info` is the name of the wheel's `.dist-info` directory."""
    exempt = {f"{info}/{name}" for name in _UNLISTED}
    return [member for member in opened.infolist() if not member.is_dir() and member.filename not in exempt]


def unlike_record(name: str, content: Iterable[bytes], record: Record) -> Iterator[str]:
    """A sentence where `content` of the member `name` differs from its digest in `record`, if it has one."""
    algorithm, _, expected = record.digests.get(name, "").partition("=")
    if not expected:
        for _ in content:
            pass  # reading it compares it with the CRC in the zip
    elif digest_of(content, algorithm) != expected.rstrip("="):
        yield f"{name} is not what RECORD says"


def digest_of(content: Iterable[bytes], algorithm: str) -> str:
    """The digest of `content` as in RECORD: URL-safe base64 without padding."""
    digest = hashlib.new(algorithm)
    for piece in content:
        digest.update(piece)
    return _encoded(digest.digest())


def content_of(opened: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """The content of a member, piece by piece."""
    with opened.open(member) as content:
        while piece := content.read(_CHUNK):
            yield piece


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
