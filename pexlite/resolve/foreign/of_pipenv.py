"""Pipfile.lock, which says what belongs to a category and not what needs what."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from pexlite.resolve.foreign.entries import (
    Table,
    digest_of,
    marker_in,
    place_in,
    read_table,
    repository_in,
    table_in,
    tables,
    text_in,
    texts_in,
    version_in,
)
from pexlite.resolve.foreign.pinned import ForeignLock, Pinned, Source

_OF_PIPFILE = {"packages": "default", "dev-packages": "develop"}
_NO_CATEGORY = {"source", "requires", "scripts", "pipfile", "pipenv", "default", "develop", *_OF_PIPFILE}


def read_pipenv(file: Path, groups: Sequence[str]) -> ForeignLock:
    """The default category in the Pipfile.lock `file`, and those of `groups`. Raises ResolutionError."""
    table = read_table(file)
    about = table_in(file, table.get("_meta"), "_meta")
    sources = [*tables(file, about.get("sources", []), "sources")]
    urls = {text_in(file, one, "name"): text_in(file, one, "url") for one in sources}
    wanted = ["default", *(name for name in table if name in groups or (name == "develop" and "dev" in groups))]
    packages = tuple(
        _package(file, {**table_in(file, entry, name), "name": name}, urls)
        for category in dict.fromkeys(wanted)
        for name, entry in table_in(file, table.get(category), category).items()
    )
    return ForeignLock(packages, knows_needs=False, outdated=_is_outdated(file, about, sources))


def _is_outdated(file: Path, about: Table, sources: Sequence[Table]) -> bool:
    """Whether the Pipfile beside the lock has another content than the one that was locked."""
    said = table_in(file, about.get("hash"), "hash").get("sha256")
    try:
        pipfile = tomllib.loads(file.with_name("Pipfile").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    content = {
        "_meta": {"sources": pipfile.get("source", sources), "requires": pipfile.get("requires", {})},
        **{category: pipfile.get(name, {}) for name, category in _OF_PIPFILE.items()},
        **{name: value for name, value in pipfile.items() if name not in _NO_CATEGORY},
    }
    return bool(said) and said != digest_of(content, compact=True)


def _package(file: Path, entry: Table, urls: dict[str, str]) -> Pinned:
    """An entry of the lock.

    "click": {"hashes": ["sha256:8bb5…"], "index": "pypi", "version": "==8.5.1", "markers": "…"}
    """
    hashes = tuple(texts_in(file, entry, "hashes"))
    index = text_in(file, entry, "index")
    # The first source is the default of all; where it is the only one, it is whatever index this machine uses.
    first = next(iter(urls), "")
    return Pinned(
        name=canonicalize_name(text_in(file, entry, "name")),
        version=version_in(file, entry, text_in(file, entry, "version").removeprefix("==").strip()),
        hashes=hashes,
        marker=marker_in(file, text_in(file, entry, "markers")),
        source=_source(file, entry, hashes),
        index=urls.get(index) if index not in ("", first) else None,
    )


def _source(file: Path, entry: Table, hashes: tuple[str, ...]) -> Source | None:
    """Where `entry` comes from: `git` with the commit as its `ref`, a `path`, or a `file`; None for an index."""
    git = text_in(file, entry, "git")
    if git:
        return repository_in(file, entry, "git", git, text_in(file, entry, "ref"))
    place = text_in(file, entry, "path") or text_in(file, entry, "file")
    return place_in(file, entry, place, hashes) if place else None
