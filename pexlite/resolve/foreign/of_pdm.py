"""pdm.lock, in its versions 4.x."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def read_pdm(file: Path) -> ForeignLock:
    """The lock in the pdm.lock `file`. Raises ResolutionError."""
    table = read_table(file)
    about = table_in(file, table.get("metadata"), "metadata")
    version = str(about.get("lock_version", ""))
    if version.partition(".")[0] != "4":
        raise unreadable(file, f"it is of version {version or 'unknown'}, and 4.x is read here")
    files = table_in(file, about.get("files"), "metadata.files")
    packages = tuple(_package(file, entry, files) for entry in tables(file, table.get("package", []), "package"))
    return ForeignLock(packages, outdated=_is_outdated(file, about))


def _is_outdated(file: Path, about: Table) -> bool:
    """Whether pyproject.toml has another content than the one that was locked; versions of pdm differ in it."""
    said = str(about.get("content_hash", "")).removeprefix("sha256:")
    return bool(said) and said not in map(digest_of, _contents(pyproject_beside(file)))


def _contents(whole: Table) -> Iterator[Any]:
    project, settings = whole.get("project", {}), whole.get("tool", {}).get("pdm", {})
    groups: dict[str, list[Any]] = {
        canonicalize_name(name): [*lines] for name, lines in whole.get("dependency-groups", {}).items()
    }
    for name, lines in settings.get("dev-dependencies", {}).items():
        groups.setdefault(canonicalize_name(name), []).extend(lines)
    content = {
        "sources": settings.get("source", []),
        "dependencies": project.get("dependencies", []),
        "optional-dependencies": project.get("optional-dependencies", {}),
        "requires-python": project.get("requires-python", ""),
    }
    resolution = settings.get("resolution", {})
    for development in (groups, settings.get("dev-dependencies", {})):
        yield {**content, "dev-dependencies": development, "resolution": resolution}
        yield {**content, "dev-dependencies": development, "overrides": resolution.get("overrides", {})}


def _package(file: Path, entry: Table, files: Table) -> Pinned:
    """An entry of the lock; an entry with extras is about what these add.

    [[package]]
    name = "flask"
    version = "3.1.3"
    dependencies = ["blinker>=1.9.0"]
    files = [{file = "flask-3.1.3-py3-none-any.whl", hash = "sha256:f4bc…"}]
    """
    name, version = text_in(file, entry, "name"), text_in(file, entry, "version")
    listed = entry.get("files", files.get(f"{name} {version}", []))
    hashes = tuple(text_in(file, one, "hash") for one in tables(file, listed, f"files of {name}"))
    return Pinned(
        name=canonicalize_name(name),
        version=version_in(file, entry, version),
        hashes=hashes,
        marker=marker_in(file, text_in(file, entry, "marker")),
        requires_python=specifiers(text_in(file, entry, "requires_python")),
        needs=tuple(requirement_in(file, line) for line in texts_in(file, entry, "dependencies")),
        extras=frozenset(map(canonicalize_name, texts_in(file, entry, "extras"))),
        source=_source(file, entry, hashes),
    )


def _source(file: Path, entry: Table, hashes: tuple[str, ...]) -> Source | None:
    """Where `entry` comes from: `git` with its `revision`, a `path`, or a `url`; None for an index."""
    for kind in ("git", "hg", "svn", "bzr"):
        url = text_in(file, entry, kind)
        if url:
            return repository_in(file, entry, kind, url, text_in(file, entry, "revision"))
    place = text_in(file, entry, "path") or text_in(file, entry, "url")
    return place_in(file, entry, place, hashes) if place else None
