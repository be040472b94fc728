"""Values out of a lock that others wrote: each of its right type, or an error that names the entry."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from packaging.markers import InvalidMarker, Marker
from packaging.pylock import PackageArchive, PackageDirectory, PackageVcs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from pexlite.errors import ResolutionError
from pexlite.network.urls import local_path

Table: TypeAlias = Mapping[str, Any]


def unreadable(file: Path, reason: str) -> ResolutionError:
    """The error for a lock that cannot be read for `reason`."""
    return ResolutionError(
        f"{file.name} beside the project cannot be read",
        causes=[reason],
        hint="make it anew, or build without it: --no-lock",
    )


def read_table(file: Path) -> Table:
    """The TOML or JSON in `file`. Raises ResolutionError."""
    try:
        text = file.read_text(encoding="utf-8")
        table = json.loads(text) if file.name == "Pipfile.lock" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as problem:
        raise unreadable(file, str(problem)) from problem
    if not isinstance(table, dict):
        raise unreadable(file, "it is no table")
    return table


def tables(file: Path, value: object, what: str) -> Iterator[Table]:
    """The tables in the list `value`, which the lock calls `what`. Raises ResolutionError."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise unreadable(file, f"its {what} is no list of tables")
    yield from value


def table_in(file: Path, value: object, what: str) -> Table:
    """`value` as a table, {} for None. Raises ResolutionError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unreadable(file, f"its {what} is no table")
    return value


def text_in(file: Path, entry: Table, name: str) -> str:
    """The text that `entry` calls `name`; "" without it. Raises ResolutionError for another value."""
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise unreadable(file, f"{name} of {entry.get('name', 'an entry')!r} is no text: {value!r}")
    return value


def texts_in(file: Path, entry: Table, name: str) -> list[str]:
    """The list of texts that `entry` calls `name`. Raises ResolutionError for another value."""
    value = entry.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise unreadable(file, f"{name} of {entry.get('name', 'an entry')!r} is no list of texts")
    return value


def version_in(file: Path, entry: Table, text: str) -> Version | None:
    """`text` as a version, None for "". Raises ResolutionError."""
    try:
        return Version(text) if text else None
    except InvalidVersion as problem:
        raise unreadable(file, f"version of {entry.get('name', 'an entry')!r}: {problem}") from problem


def marker_in(file: Path, text: str) -> Marker | None:
    """`text` as a marker, None for "". Raises ResolutionError."""
    try:
        return Marker(text) if text else None
    except InvalidMarker as problem:
        raise unreadable(file, f"marker {text!r}: {problem}") from problem


def requirement_in(file: Path, text: str) -> Requirement:
    """`text` as a requirement. Raises ResolutionError."""
    try:
        return Requirement(text)
    except InvalidRequirement as problem:
        raise unreadable(file, f"{text!r}: {problem}") from problem


def specifiers(text: str) -> SpecifierSet | None:
    """`text` as specifiers; None where PEP 440 does not know it: `*`, `^1.0`, `>=1,<2 || >=3`."""
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None


def repository_in(file: Path, entry: Table, kind: str, url: str, commit: str) -> PackageVcs:
    """The repository at `url` that `entry` comes from. Raises ResolutionError without a commit."""
    if not commit:
        raise unreadable(file, f"{entry.get('name', 'an entry')!r} comes from {kind}, and has no commit")
    return PackageVcs(
        type=kind, url=url, commit_id=commit, subdirectory=text_in(file, entry, "subdirectory") or None
    )


def place_in(file: Path, entry: Table, place: str, hashes: Sequence[str]) -> PackageArchive | PackageDirectory:
    """The directory, or the file with `hashes`, at `place`, a path or URL. Raises ResolutionError without any."""
    subdirectory = text_in(file, entry, "subdirectory") or None
    path = local_path(place)
    if path is not None and not hashes:
        return PackageDirectory(path=str(path), subdirectory=subdirectory)
    if not hashes:
        raise unreadable(file, f"{entry.get('name', 'an entry')!r} has no hash")
    algorithm, _, digest = hashes[0].partition(":")
    if path is not None:
        return PackageArchive(path=str(path), hashes={algorithm: digest}, subdirectory=subdirectory)
    return PackageArchive(url=place, hashes={algorithm: digest}, subdirectory=subdirectory)


def digest_of(value: object, *, compact: bool = False) -> str:
    """The sha256 of `value` as JSON with sorted keys, by which tools know whether a project has changed."""
    separators = (",", ":") if compact else None
    return sha256(json.dumps(value, sort_keys=True, separators=separators, default=str).encode()).hexdigest()


def pyproject_beside(file: Path) -> Table:
    """The pyproject.toml beside the lock `file`; {} where there is none that can be read."""
    try:
        return tomllib.loads((file.parent / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
