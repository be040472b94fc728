"""A project's pyproject.toml: its dependencies, extras and dependency groups (PEP 621 and 735)."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.model import Problem, Root
from pexlite.requirements.parsed import Parsed, combined, problem

_Table = Mapping[str, Any]


def read_project(file: Path) -> _Table | Problem:
    """pyproject.toml as a table, or the problem with reading it."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return Problem(f"{file.name} in {file.parent} cannot be read: {(error.strerror or str(error)).lower()}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Problem(f"{file} is no TOML: {str(error).lower()}")
    fault = _fault(table)
    return Problem(f"{file}: {fault}") if fault else table


def _fault(table: _Table) -> str:
    """The first entry of pyproject.toml with a value of the wrong type, in words; "" without any."""
    project = table.get("project", {})
    tables = {name: table.get(name, {}) for name in ("project", "dependency-groups", "tool")}
    if isinstance(project, dict):
        tables["project.optional-dependencies"] = project.get("optional-dependencies", {})
    for name, value in tables.items():
        if not isinstance(value, dict):
            return f"{name} is no table"
    lists = {f"project.{name}": project.get(name, []) for name in ("dependencies", "dynamic")}
    optional = tables["project.optional-dependencies"]
    lists |= {f"project.optional-dependencies.{name}": lines for name, lines in optional.items()}
    for name, lines in lists.items():
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            return f"{name} is no list of strings"
    return ""


def dependencies(file: Path, extras: Sequence[str]) -> Parsed:
    """The dependencies of `file`'s project and of its `extras`, without the project itself."""
    table = read_project(file)
    if isinstance(table, Problem):
        return Parsed(problems=(table,))
    project: _Table = table.get("project", {})
    if "dependencies" in project.get("dynamic", ()):
        return problem(
            f"{file.name} leaves its dependencies to the build backend",
            f"build the project itself: pexlite {file.parent}",
        )
    unknown = unknown_extras(table, extras, file)
    wanted = [("dependencies", project.get("dependencies", ()))]
    optional: dict[str, Sequence[str]] = {}
    optional |= {
        canonicalize_name(name): lines for name, lines in project.get("optional-dependencies", {}).items()
    }
    wanted += [(f"extra {extra}", optional.get(canonicalize_name(extra), ())) for extra in extras]
    name = canonicalize_name(str(project.get("name", "")))
    found = [_roots(lines, f"{file.name}, {what}", name, optional) for what, lines in wanted]
    return _written_in(file, combined([*found, Parsed(problems=unknown)]))


def unknown_extras(table: _Table, extras: Iterable[str], file: Path) -> tuple[Problem, ...]:
    """A problem for each of `extras` that the project lacks; none where its extras are dynamic."""
    project: _Table = table.get("project", {})
    if not project or "optional-dependencies" in project.get("dynamic", ()):
        return ()
    known = {canonicalize_name(name): name for name in project.get("optional-dependencies", {})}
    return tuple(
        Problem(f"{file.parent.name} has no extra {extra!r}", _nearest(extra, known.values(), "extras"))
        for extra in extras
        if canonicalize_name(extra) not in known
    )


def group(file: Path, name: str) -> Parsed:
    """The requirements of one dependency group and of the groups it includes (PEP 735)."""
    table = read_project(file)
    if isinstance(table, Problem):
        return Parsed(problems=(table,))
    groups: Mapping[str, Any] = table.get("dependency-groups", {})
    if canonicalize_name(name) not in map(canonicalize_name, groups):
        return problem(f"{file} has no dependency group {name!r}", _nearest(name, groups, "groups"))
    try:
        lines = resolve_dependency_groups(groups, name)
    except (ValueError, TypeError, LookupError, ExceptionGroup) as error:
        first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        return problem(f"{file.name}: the dependency group {name!r} cannot be read: {first}")
    return _written_in(file, _roots(lines, f"{file.name}, group {name}", "", {}))


def _written_in(file: Path, found: Parsed) -> Parsed:
    return replace(found, roots=tuple(replace(root, written_in=file) for root in found.roots))


def _roots(
    lines: Sequence[str], origin: str, project: str, optional: Mapping[str, Sequence[str]], depth: int = 0
) -> Parsed:
    """The roots of `lines`; the project's own name with an extra is replaced by that extra's lines."""
    parts = []
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0]
            parts.append(problem(f"{origin}: {line!r} is no requirement: {reason}"))
            continue
        if project and canonicalize_name(requirement.name) == project and depth < len(optional):
            for extra in sorted(requirement.extras):
                inner = optional.get(canonicalize_name(extra), ())
                parts.append(_roots(inner, origin, project, optional, depth + 1))
        else:
            parts.append(Parsed(roots=(Root(requirement, origin),)))
    return combined(parts)


def _nearest(name: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"its {what} are {', '.join(names)}" if names else f"it has no {what} at all"
