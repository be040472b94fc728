"""poetry.lock, in its versions 1.x, 2.0 and 2.1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pexlite.resolve.foreign.entries import (
    Table,
    digest_of,
    marker_in,
    place_in,
    pyproject_beside,
    read_table,
    repository_in,
    requirement_in,
    specifiers,
    table_in,
    tables,
    text_in,
    texts_in,
    unreadable,
    version_in,
)
from pexlite.resolve.foreign.pinned import ForeignLock, Pinned, Source

_OF_POETRY = ("dependencies", "source", "extras", "dev-dependencies")
_OF_PROJECT = ("requires-python", "dependencies", "optional-dependencies")


def read_poetry(file: Path) -> ForeignLock:
    """The lock in the poetry.lock `file`. Raises ResolutionError."""
    table = read_table(file)
    about = table_in(file, table.get("metadata"), "metadata")
    files = table_in(file, about.get("files"), "metadata.files")
    packages = tuple(_package(file, entry, files) for entry in tables(file, table.get("package", []), "package"))
    return ForeignLock(packages, outdated=_is_outdated(file, about))


def _is_outdated(file: Path, about: Table) -> bool:
    """Whether pyproject.toml has another content than the one that was locked.

    Versions of poetry differ in what they take for its content, so any of these contents will do.
    """
    said, version = about.get("content-hash"), str(about.get("lock-version", ""))
    if not said or version.partition(".")[0] not in ("1", "2"):
        return False
    return said not in map(digest_of, _contents(pyproject_beside(file)))


def _contents(whole: Table) -> Iterator[Any]:
    poetry = whole.get("tool", {}).get("poetry", {})
    of_project = {name: whole["project"][name] for name in _OF_PROJECT if name in whole.get("project", {})}
    with_gaps = {name: poetry.get(name) for name in _OF_POETRY}
    without = {name: value for name, value in with_gaps.items() if value is not None}
    group = {"group": poetry["group"]} if "group" in poetry else {}
    groups = {"dependency-groups": whole["dependency-groups"]} if whole.get("dependency-groups") else {}
    project = {"project": of_project} if of_project else {}
    yield {**with_gaps, **group}
    yield {**project, "tool": {"poetry": {**without, **group}}}
    yield {**project, **groups, "tool": {"poetry": {**without, **group}}}


def _package(file: Path, entry: Table, files: Table) -> Pinned:
    """An entry of the lock.

    [[package]]
    name = "click"
    version = "8.1.8"
    files = [{file = "click-8.1.8-py3-none-any.whl", hash = "sha256:63c1…"}]
    """
    name = canonicalize_name(text_in(file, entry, "name"))
    listed = entry.get("files", files.get(entry.get("name", ""), []))
    hashes = tuple(text_in(file, one, "hash") for one in tables(file, listed, f"files of {name}"))
    source = table_in(file, entry.get("source"), f"source of {name}")
    return Pinned(
        name=name,
        version=version_in(file, entry, text_in(file, entry, "version")),
        hashes=hashes,
        marker=marker_in(file, _marker(file, entry)),
        requires_python=specifiers(text_in(file, entry, "python-versions")),
        needs=tuple(_needs(file, table_in(file, entry.get("dependencies"), f"dependencies of {name}"))),
        source=_source(file, name, source, hashes),
        index=text_in(file, source, "url") if source.get("type") == "legacy" else None,
    )


def _marker(file: Path, entry: Table) -> str:
    """The marker of `entry`, or those of its groups, of which one is enough."""
    said = entry.get("markers", "")
    if not isinstance(said, dict):
        return text_in(file, entry, "markers")
    groups = texts_in(file, entry, "groups")
    if not all(group in said for group in groups):
        return ""
    return " or ".join(f"({text_in(file, said, group)})" for group in said)


def _needs(file: Path, table: Table) -> Iterator[Requirement]:
    r"""The dependencies of a package.

    [package.dependencies]
    blinker = ">=1.9"
    colorama = {version = "*", markers = "platform_system == \"Windows\""}
    """
    for name, value in table.items():
        for one in value if isinstance(value, list) else [value]:
            said = {"version": one} if isinstance(one, str) else table_in(file, one, f"dependency {name}")
            bound = specifiers(text_in(file, said, "version"))
            extras = ",".join(texts_in(file, said, "extras"))
            marker = text_in(file, said, "markers")
            text = f"{name}[{extras}]{bound or ''}" + (f" ; {marker}" if marker else "")
            yield requirement_in(file, text)


def _source(file: Path, name: str, source: Table, hashes: tuple[str, ...]) -> Source | None:
    """Where `name` comes from; None for an index.

    [package.source]
    type = "git"
    url = "https://code.example/core.git"
    resolved_reference = "1f3c…"
    """
    kind, url = text_in(file, source, "type"), text_in(file, source, "url")
    named = {**source, "name": name}
    if kind in ("", "legacy", "pypi"):
        return None
    if kind in ("git", "hg"):
        return repository_in(file, named, kind, url, text_in(file, source, "resolved_reference"))
    if kind not in ("directory", "file", "url"):
        raise unreadable(file, f"{name} comes from a {kind!r}, which is unknown here")
    return place_in(file, named, url, () if kind == "directory" else hashes)
