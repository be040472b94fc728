"""Poetry's words: `[tool.poetry.dependencies]` with paths, repositories and sources, and `[[tool.poetry.source]]`.

[tool.poetry.dependencies]
corp-auth = { version = "^1.2", source = "internal" }
corp-core = { path = "../core", develop = true }
"""

from __future__ import annotations

import re
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pexlite.indexes.indexes import FIRST_INDEX
from pexlite.model import Problem
from pexlite.requirements.declared.indexes import Words, read_index, read_indexes
from pexlite.requirements.declared.said import (
    DEFAULT,
    DeclaredIndex,
    Said,
    Source,
    Table,
    inner,
    tables,
    tool_table,
)

_INDEXES = Words("[[tool.poetry.source]]", "POETRY_HTTP_BASIC_{}_USERNAME", "POETRY_HTTP_BASIC_{}_PASSWORD")
_LATER = ("supplemental", "secondary")
_PYPI = "pypi"


def said_by_poetry(file: Path) -> Said:
    """All that Poetry's tables in the pyproject.toml `file` say."""
    poetry = tool_table(file, "poetry")
    if not poetry:
        return Said(file, "poetry")
    ranks = [_rank(table) for table in tables(poetry.get("source", []))]
    entries = [_index(table, file) for table in tables(poetry.get("source", []))]
    indexes, problems = read_indexes(entries)
    ranked = [
        (rank, index) for rank, index in zip(ranks, entries, strict=True) if isinstance(index, DeclaredIndex)
    ]
    first = [index for rank, index in ranked if rank not in ("explicit", *_LATER)]
    later = [index for rank, index in ranked if rank in _LATER]
    sources: dict[str, tuple[Source, ...]] = {}
    for group, directory in _groups(poetry):
        for name, value in directory.items():
            found = tuple(entry for table in tables(value) if (entry := _source(table, file.parent, group)))
            key = str(canonicalize_name(name))
            sources[key] = (*sources.get(key, ()), *found)
    return Said(
        file,
        "poetry",
        sources_table="[tool.poetry.dependencies]",
        index_table=_INDEXES.heading,
        sources=sources,
        indexes=indexes,
        # Where one comes first, Poetry asks the public index only if it is named too.
        general=tuple(index if index.url else DEFAULT for index in (*(first or [DEFAULT]), *later)),
        strategy=FIRST_INDEX if later else None,
        problems=problems,
    )


def _index(table: Table, file: Path) -> DeclaredIndex | Problem:
    explicit = _rank(table) == "explicit"
    if str(table.get("name", "")).lower() == _PYPI and "url" not in table:
        return DeclaredIndex(str(table["name"]), "", explicit=explicit)
    return read_index(table, file, _INDEXES, explicit=explicit)


def _rank(table: Table) -> str:
    if table.get("secondary") is True:
        return "secondary"
    return str(table.get("priority", "primary")).lower()


def _groups(poetry: Table) -> list[tuple[str, Table]]:
    groups = [(str(name), inner(group, "dependencies")) for name, group in inner(poetry, "group").items()]
    return [("", inner(poetry, "dependencies")), *groups]


def _source(table: Table, directory: Path, group: str) -> Source | None:
    """The source of one dependency in uv's words; None where the table only names versions."""
    words = {"path": "path", "git": "git", "url": "url", "source": "index"}
    places = {ours: table[theirs] for theirs, ours in words.items() if table.get(theirs)}
    if not places:
        return None
    kept = {key: table[key] for key in ("branch", "tag", "rev", "subdirectory") if table.get(key)}
    marker, unread = _marker(table)
    more = {"marker": marker} if marker else {}
    return Source({**places, **kept, **more, **({"group": group} if group else {})}, directory, unread)


def _marker(table: Table) -> tuple[str, str]:
    """The marker for when the table counts; then, where it cannot be read, a sentence about it."""
    parts = [f"({table['markers']})"] if table.get("markers") else []
    if table.get("platform"):
        parts.append(f"sys_platform == '{table['platform']}'")
    if table.get("python"):
        bounds = [_bound(part.strip()) for part in str(table["python"]).split(",")]
        if None in bounds:
            return "", f"counts on Python {table['python']}, which is not read here"
        parts += [bound for bound in bounds if bound]
    return " and ".join(parts), ""


def _bound(part: str) -> str | None:
    """One bound on Python as a marker, "" for any Python; None where it cannot be read.

    ^3.8 is python_full_version >= '3.8' and python_full_version < '4'
    """
    if part in ("*", ""):
        return ""
    try:
        tilde = re.fullmatch(r"([~^])\s*([\d.]+)", part)
        if tilde:
            release = Version(tilde[2]).release
            kept = release[:1] if tilde[1] == "^" else release[:2]
            above = ".".join(map(str, (*kept[:-1], kept[-1] + 1)))
            return f"python_full_version >= '{tilde[2]}' and python_full_version < '{above}'"
        alone = re.fullmatch(r"[\d.]+(?:\.\*)?", part)
        specifiers = SpecifierSet(f"=={part.removesuffix('.*')}.*" if alone else part)
    except (InvalidSpecifier, InvalidVersion):
        return None
    return " and ".join(f"python_full_version {one.operator} '{one.version}'" for one in specifiers)
