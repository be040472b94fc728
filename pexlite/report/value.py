"""The value that a page shows; its JSON is the page's data, field by field."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from pexlite.contents.values import Dependency, Limit

Tree: TypeAlias = tuple[str, int, int] | tuple[str, Sequence["Tree"]]
"""A file as its name, its size and its packed size; a directory as its name and what is in it."""


@dataclass(frozen=True)
class ShownFile:
    """The file itself."""

    name: str
    """Its name, without the directories of the machine where the page is made."""
    size: int
    """Bytes."""
    sha256: str
    build_id: str
    maker: str
    maker_version: str
    starts: str
    runs_on: str
    requirements: tuple[str, ...]


@dataclass(frozen=True)
class ShownWheel:
    """A wheel in the file."""

    name: str
    version: str
    filename: str
    size: int
    """Bytes in the file."""
    unpacked: int
    count: int
    """The number of its files."""
    compiled: bool
    local: bool
    licence: str
    """Its licence under the name of its group; "" where it states none."""
    runs_on: str
    only_on: str
    limits: str
    """The Pythons and platforms from which it keeps the file, in words; "" where there are none."""
    summary: str
    urls: tuple[tuple[str, str], ...]
    problem: str
    files: tuple[Tree, ...]


@dataclass(frozen=True)
class ShownPython:
    """A Python that the file carries."""

    version: str
    platform: str
    size: int
    unpacked: int
    source: str
    licence: str


@dataclass(frozen=True)
class LicenceGroup:
    """The wheels under one licence."""

    licence: str
    """"" for those that state none."""
    wheels: tuple[str, ...]
    """Their names."""
    size: int


@dataclass(frozen=True)
class LargeFile:
    """A file in a wheel."""

    wheel: str
    path: str
    size: int
    packed: int


@dataclass(frozen=True)
class DoubledFile:
    """A content that several files have."""

    size: int
    """Bytes of each."""
    wasted: int
    """Packed bytes of all but one."""
    places: tuple[tuple[str, str], ...]
    """Pairs of a wheel's name and a path in it."""


@dataclass(frozen=True)
class ShownChange:
    """A wheel that came, went or changed."""

    name: str
    kind: str
    old: str
    """The version before; "" where there was none."""
    new: str
    delta: int
    """The bytes that it grew by in the file."""
    count: int
    """The number of files that differ."""
    files: tuple[tuple[str, int | None, int | None], ...]
    """The first of them: the path, the size before and the size after, None where there is no such file."""


@dataclass(frozen=True)
class ShownDifference:
    """The difference from an older file."""

    old: ShownFile
    wheels: tuple[ShownChange, ...]
    settings: tuple[tuple[str, str, str], ...]
    """Each name with its value before and after."""
    only: tuple[str, ...]
    is_empty: bool
    same_bytes: bool


@dataclass(frozen=True)
class Report:
    """All that a page shows."""

    version: str
    """The version of pexlite that makes the page."""
    file: ShownFile
    wheels: tuple[ShownWheel, ...]
    dependencies: tuple[Dependency, ...]
    limits: tuple[Limit, ...]
    pythons: tuple[ShownPython, ...]
    runtime: int
    bytecode: int
    own_files: tuple[Tree, ...]
    licences: tuple[LicenceGroup, ...]
    doubled: tuple[DoubledFile, ...]
    wasted: int
    """Packed bytes that are in the file more than once, also those of files that are not in `doubled`."""
    large: tuple[LargeFile, ...]
    settings: tuple[tuple[str, str], ...]
    properties: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    difference: ShownDifference | None = None


def as_json(report: Report) -> str:
    """`report` as JSON in ASCII, which can stand inside a script element of HTML: it has no `<`, `>` or `&`."""
    text = json.dumps(report, default=_fields, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
