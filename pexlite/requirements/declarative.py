"""Whether a project's pyproject.toml declares its build completely, so that none of its code runs."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_READERS = frozenset({"hatchling", "flit-core", "poetry-core", "setuptools", "wheel", "uv-build"})
_PROGRAMS = ("setup.py", "setup.cfg", "hatch_build.py", "hatch.toml")


def declared_name(project: Path) -> str | None:
    """The normalised name of the project in the directory, if its metadata and build are entirely declarative.

    None in case of doubt too: without a readable pyproject.toml, with a hook, plugin or compiler, or with a
    backend that is not known to read only files of the project.
    """
    try:
        table = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
        if not is_declarative(project, table):
            return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    poetry = _table(_table(table, "tool"), "poetry")
    name = _table(table, "project").get("name") or poetry.get("name")
    return canonicalize_name(name) if isinstance(name, str) else None


def is_declarative(directory: Path, project: dict[str, Any]) -> bool:
    """Whether building `project` (a pyproject.toml) runs only backends that merely read files."""
    if any((directory / name).exists() for name in _PROGRAMS):
        return False
    system = _table(project, "build-system")
    try:
        names = {canonicalize_name(Requirement(line).name) for line in system.get("requires", ())}
    except (InvalidRequirement, TypeError):
        return False
    if not names or not names <= _READERS or "backend-path" in system:
        return False
    tool = _table(project, "tool")
    hatch, setuptools, poetry = (_table(tool, name) for name in ("hatch", "setuptools", "poetry"))
    version = _table(hatch, "version")
    return not (
        "hooks" in _keys(hatch)
        or version.get("source", "regex") != "regex"
        or {"cmdclass", "ext-modules", "attr"} & set(_keys(setuptools))
        or "build" in poetry
    )


def _table(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name, {})
    return value if isinstance(value, dict) else {}


def _keys(table: dict[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield key
        if isinstance(value, dict):
            yield from _keys(value)
