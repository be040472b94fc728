"""All that the tables of one tool say about sources and indexes, as a value that is the same for each tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pexlite.addresses import mask
from pexlite.files.paths import is_file
from pexlite.model import Problem
from pexlite.requirements.inline_metadata import header_table
from pexlite.requirements.pyproject import read_project

Table = Mapping[str, Any]
KINDS = ("path", "workspace", "index", "git", "url")


@dataclass(frozen=True)
class Source:
    """One source of a dependency, in the words of uv's tables: `path = "../core"`, `index = "internal"`."""

    table: Table
    directory: Path
    """The directory from which its relative paths start."""
    unread: str = ""
    """Why it cannot be followed, in words; "" where it can."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Each of `KINDS` that it names; a sound source names one."""
        return tuple(kind for kind in KINDS if self.table.get(kind))

    def __str__(self) -> str:
        """The source in words: `../core`, the index internal."""
        for kind in self.kinds:
            value = mask(str(self.table[kind]))
            return {"workspace": "the workspace", "index": f"the index {value}"}.get(kind, value)
        return ", ".join(map(str, self.table)) or "nothing"


@dataclass(frozen=True)
class DeclaredIndex:
    """An index that a project names."""

    name: str
    url: str
    """Its URL, perhaps with credentials; "" for the index that the resolver asks by default."""
    explicit: bool = False
    """Whether it serves only the projects that are pinned to it."""
    replaces_default: bool = False
    form: str = "simple"
    only: tuple[str, ...] = ()
    """Patterns of projects that come from it alone (pdm's `include_packages`)."""
    never: tuple[str, ...] = ()
    """Patterns of projects that never come from it (pdm's `exclude_packages`)."""

    def __str__(self) -> str:
        return self.name or mask(self.url)


DEFAULT = DeclaredIndex("", "")
"""The index that the resolver asks by default."""


@dataclass(frozen=True)
class Said:
    """Everything that one tool's tables say about sources and indexes."""

    file: Path
    """The file that names indexes."""
    tool: str
    sources_table: str = ""
    """The heading of the table that names sources, for messages."""
    index_table: str = ""
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    """The sources of each dependency, by its normalised name."""
    members: Mapping[str, Path] = field(default_factory=dict)
    """The directories of the workspace's projects, by normalised name."""
    indexes: tuple[DeclaredIndex, ...] = ()
    """Every index that it names."""
    general: tuple[DeclaredIndex, ...] = (DEFAULT,)
    """The indexes for all projects, the first one first."""
    strategy: str | None = None
    """Which of several indexes a project comes from; None for pip's way, the best version of all."""
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    unheeded: tuple[str, ...] = ()
    """Other settings that would change the tool's own resolution."""
    problems: tuple[Problem, ...] = ()


def tool_table(file: Path, name: str) -> Table:
    """The table `[tool.NAME]` of a pyproject.toml or of a script's header; empty where there is none.

    Problems with the file are reported by the reader of its requirements.
    """
    if file.suffix == ".py":
        table: Table | Problem = header_table(file)
    else:
        table = read_project(file) if is_file(file) else {}
    return {} if isinstance(table, Problem) else inner(table, "tool", name)


def inner(table: Table, *path: str) -> Table:
    """The table at `path` in `table`; empty where there is none, or something else."""
    found: object = table
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def tables(value: object) -> tuple[Table, ...]:
    """The tables in a list, or a single table; an empty one for any other value."""
    entries = value if isinstance(value, list) else [value]
    return tuple(entry if isinstance(entry, Mapping) else {} for entry in entries)
