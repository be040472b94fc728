"""A project's pyproject.toml: its dependencies, extras and dependency groups (PEP 621 and 735)."""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.dependency_groups import resolve_dependency_groups
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.model import LocalKind, LocalSource, Problem, Root
from pexlite.requirements.parsed import Parsed, combined, problem

_Table = Mapping[str, Any]
_ROOT_OF_HATCH = re.compile(r"(?:file://)?\{root(?P<up>(?::parent)*)(?::real|:uri)?\}")


def read_project(file: Path) -> _Table | Problem:
    """pyproject.toml as a table, or the problem with reading it."""
    try:
        table = _loaded(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return Problem(f"{file.name} in {file.parent} cannot be read: {(error.strerror or str(error)).lower()}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Problem(f"{file} is no TOML: {str(error).lower()}")
    fault = _fault(table)
    return Problem(f"{file}: {fault}") if fault else table


# Each tool's tables are read by themselves, and parsing takes milliseconds. No reader changes a table.
_loaded = functools.lru_cache(maxsize=16)(tomllib.loads)


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
    own = _Own(file, _name_of(table), optional)
    found = [_requirements(lines, f"{file.name}, {what}", own) for what, lines in wanted]
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
    """The requirements of one dependency group and of the groups it includes (PEP 735).

    The project's own name stands for the project here, whose extras the group may ask for.
    """
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
    return _written_in(file, _requirements(lines, f"{file.name}, group {name}", _Own(file, _name_of(table))))


def _name_of(table: _Table) -> str:
    """The normalised name of the project in `table`; "" where it has none."""
    return canonicalize_name(str(table.get("project", {}).get("name", "")))


def _written_in(file: Path, found: Parsed) -> Parsed:
    return replace(found, roots=tuple(replace(root, written_in=file) for root in found.roots))


@dataclass(frozen=True)
class _Own:
    """The project of a pyproject.toml, for requirements on itself."""

    file: Path
    name: str
    optional: Mapping[str, Sequence[str]] | None = None
    """The lines of its extras, which stand for the project itself; None where the project is bundled."""


def _requirements(lines: Sequence[str], origin: str, own: _Own) -> Parsed:
    """The roots of `lines`; those on the project itself are replaced by its extras' lines, or by the project."""
    parts: list[Parsed] = []
    # Extras may name each other in a circle, so each is read once for every marker.
    waiting: list[tuple[str, Marker | None]] = [(line, None) for line in lines[::-1]]
    read: set[tuple[str, str]] = set()
    while waiting:
        line, marker = waiting.pop()
        try:
            requirement = Requirement(placed(line, own.file.parent))
            requirement.marker = _both(requirement.marker, marker)
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0]
            parts.append(problem(f"{origin}: {line!r} is no requirement: {reason}"))
            continue
        if not own.name or canonicalize_name(requirement.name) != own.name or requirement.url:
            parts.append(Parsed(roots=(Root(requirement, origin),)))
        elif own.optional is None:
            parts.append(Parsed(local=(_itself(requirement, origin, own),)))
        else:
            for extra in sorted(map(canonicalize_name, requirement.extras), reverse=True):
                if (extra, key := str(requirement.marker)) not in read:
                    read.add((extra, key))
                    waiting += [(inner, requirement.marker) for inner in own.optional.get(extra, ())[::-1]]
    return combined(parts)


def _itself(requirement: Requirement, origin: str, own: _Own) -> LocalSource:
    extras = frozenset(map(canonicalize_name, requirement.extras))
    return LocalSource(LocalKind.PROJECT, own.file.parent, origin, extras, requirement.marker)


def _both(first: Marker | None, second: Marker | None) -> Marker | None:
    if first is None or second is None or first == second:
        return first or second
    return Marker(f"({first}) and ({second})")


def placed(line: str, root: Path) -> str:
    """`line` with the URL of the directory `root` in place of the words that pdm and hatch have for it.

    core @ file:///${PROJECT_ROOT}/../core
    core @ {root:parent:uri}/core
    """
    line = line.replace("file:///${PROJECT_ROOT}", root.as_uri())
    return _ROOT_OF_HATCH.sub(lambda found: _above(root, found["up"].count(":parent")).as_uri(), line)


def _above(directory: Path, levels: int) -> Path:
    return directory if levels == 0 else directory.parents[min(levels, len(directory.parents)) - 1]


def _nearest(name: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"its {what} are {', '.join(names)}" if names else f"it has no {what} at all"
