"""`[tool.uv.sources]` and `[[tool.uv.index]]`: where uv would get dependencies, followed with either resolver.

[tool.uv.sources] corp-auth = { index = "internal" } corp-core = { path = "../core" }
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlunsplit

from packaging.markers import Environment, InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.addresses import mask
from pexlite.files.paths import is_file, is_there
from pexlite.indexes.indexes import FIRST_INDEX, STRATEGIES
from pexlite.indexes.uv_configuration import uv_flag
from pexlite.model import IndexSettings, LocalKind, LocalSource, Problem, Root
from pexlite.network.urls import local_path, parts_of
from pexlite.requirements.arguments import local_kind
from pexlite.requirements.inline_metadata import header_table
from pexlite.requirements.parsed import Parsed, combined, problem
from pexlite.requirements.pyproject import read_project
from pexlite.requirements.uv_workspaces import members_of, workspace_of

_Table = Mapping[str, Any]
_KINDS = ("path", "workspace", "index", "git", "url")
_EXTRA = re.compile(r"extra == \"([^\"]+)\"")


@dataclass(frozen=True)
class Needs:
    """The requirements of a pyproject.toml or a script's header, whose sources that file may name."""

    file: Path
    requirements: tuple[Requirement, ...]
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    indexes: frozenset[str] = frozenset()
    """The names of indexes that the builder gave; they come before the file's."""
    asks_indexes: bool = True
    environments: tuple[Environment, ...] = ()
    """The marker variables of each target; () where the result has to hold for every target."""

    @property
    def origin(self) -> str:
        """The table's name in messages."""
        return f"[tool.uv.sources] in {self.file}"


@dataclass(frozen=True)
class _Source:
    table: _Table
    directory: Path
    """The directory from which its relative paths start."""


@dataclass(frozen=True)
class _Said:
    """Everything about sources and indexes in a file and in its workspace's root."""

    sources: Mapping[str, tuple[_Source, ...]]
    indexes: tuple[_Table, ...]
    directory: Path
    """The directory from which relative addresses of `indexes` start."""
    members: Mapping[str, Path]
    strategy: str | None = None
    unheeded: tuple[str, ...] = field(default=())


def uv_sources(needs: Needs) -> Parsed:
    """The local code, requirements and index settings that replace `needs.requirements`; problems with them.

    Requirements with paths of their own (`core @ file:///srv/core`) become local code, whatever the tables say. As
    with uv, a dependency has a source only where the file itself requires it.
    """
    at_paths = combined(_at_paths(needs))
    if uv_flag("UV_NO_SOURCES"):
        return at_paths
    said = _said(needs.file)
    parts = []
    shown: dict[str, None] = {}
    unasked: dict[str, None] = {}
    for requirement in needs.requirements:
        for source in said.sources.get(canonicalize_name(requirement.name), ()) if not requirement.url else ():
            asked = _wanted(requirement, source, needs)
            if asked is not None:
                found = _lowered(asked, source, said, needs)
                if found == Parsed():
                    continue
                parts.append(found)
                place = f"{asked.name} from {_place(source.table)}"
                (shown if needs.asks_indexes or not source.table.get("index") else unasked)[place] = None
    notices = [f"as {needs.origin} says: {', '.join(shown)}"] if shown else []
    notices += [f"no index is asked, though {needs.origin} says: {', '.join(unasked)}"] if unasked else []
    return combined([at_paths, *parts, _general(said, needs), Parsed(notices=tuple(notices))])


# -- reading -------------------------------------------------------------------------------------


def _said(file: Path) -> _Said:
    project = _tool_uv(file)
    if not project and file.suffix == ".py":
        return _Said({}, (), file.parent, {})
    root = workspace_of(file.parent) if file.suffix != ".py" else None
    above = _tool_uv(root / "pyproject.toml") if root is not None and root != file.parent else {}
    sources = {} if root is None else _sources(above, root)
    indexes = _tables(project.get("index", []))
    return _Said(
        sources={**sources, **_sources(project, file.parent)},
        indexes=indexes or _tables(above.get("index", [])),
        directory=file.parent if indexes or root is None else root,
        members={} if root is None else members_of(root),
        strategy=project.get("index-strategy") or above.get("index-strategy"),
        unheeded=tuple(sorted(_CHANGING.intersection((*above, *project)))),
    )


# Other settings of [tool.uv] that would change uv's resolution.
_CHANGING = frozenset(
    {
        *("constraint-dependencies", "override-dependencies", "exclude-dependencies", "dependency-metadata"),
        *("prerelease", "resolution", "fork-strategy", "exclude-newer", "exclude-newer-package"),
        *("no-build", "no-build-package", "no-binary", "no-binary-package", "no-build-isolation"),
        *("no-build-isolation-package", "no-index", "find-links", "index-url", "extra-index-url"),
        *("build-constraint-dependencies", "config-settings", "extra-build-dependencies"),
    }
)


def _tool_uv(file: Path) -> _Table:
    if file.suffix == ".py":
        table: _Table | Problem = header_table(file)
    else:
        table = read_project(file) if is_file(file) else {}
    # Problems with the file are reported by the reader of its requirements.
    found = {} if isinstance(table, Problem) else table.get("tool", {})
    uv = found.get("uv", {}) if isinstance(found, Mapping) else {}
    return uv if isinstance(uv, Mapping) else {}


def _sources(uv: _Table, directory: Path) -> dict[str, tuple[_Source, ...]]:
    table = uv.get("sources", {})
    found = {}
    for name, value in table.items() if isinstance(table, Mapping) else ():
        found[str(canonicalize_name(name))] = tuple(_Source(entry, directory) for entry in _tables(value))
    return found


def _tables(value: object) -> tuple[_Table, ...]:
    """The tables in a list, or a single table; an empty one for any other value."""
    entries = value if isinstance(value, list) else [value]
    return tuple(entry if isinstance(entry, Mapping) else {} for entry in entries)


def path_of(requirement: Requirement) -> Path | None:
    """The path in the requirement's URL; None where it has none, or leads into a part of a file."""
    return local_path(requirement.url) if requirement.url and "#" not in requirement.url else None


def _at_paths(needs: Needs) -> Iterator[Parsed]:
    """The local code that requirements name by `file:` URLs, which Poetry and hatch make of path dependencies."""
    for requirement in needs.requirements:
        path = path_of(requirement)
        asked = None if path is None else _wanted(requirement, _Source({}, needs.file.parent), needs)
        if path is None or asked is None or (asked.marker and _holds(str(asked.marker), needs) is False):
            continue
        yield _path(asked, needs.file.parent / path, str(needs.file.parent.name))


# -- one source ----------------------------------------------------------------------------------


def _wanted(requirement: Requirement, source: _Source, needs: Needs) -> Requirement | None:
    """`requirement` with a marker for when it is to come from `source`; None where that is never.

    Extras are decided by now, so the result's marker tests none.
    """
    text = str(requirement.marker) if requirement.marker else ""
    asked = set(map(canonicalize_name, needs.extras))
    mentioned = {canonicalize_name(extra) for extra in _EXTRA.findall(text)}
    if mentioned and not mentioned & asked:
        return None
    extra, group = source.table.get("extra"), source.table.get("group")
    if extra is not None and canonicalize_name(str(extra)) not in asked & mentioned:
        return None
    if group is not None and canonicalize_name(str(group)) not in set(map(canonicalize_name, needs.groups)):
        return None

    def decided(found: re.Match[str]) -> str:
        return f"python_version {'>=' if canonicalize_name(found[1]) in asked else '<'} '0'"

    conditions = [_EXTRA.sub(decided, text), str(source.table.get("marker", ""))]
    wanted = Requirement(str(requirement))
    try:
        wanted.marker = (
            Marker(" and ".join(f"({each})" for each in conditions if each)) if any(conditions) else None
        )
    except InvalidMarker:
        wanted.marker = requirement.marker
    return wanted


def _lowered(requirement: Requirement, source: _Source, said: _Said, needs: Needs) -> Parsed:
    kinds = [kind for kind in _KINDS if source.table.get(kind)]
    if len(kinds) != 1:
        return _refused(requirement, source, needs, "is none that is known here")
    table, name = source.table, requirement.name
    if kinds == ["path"]:
        if table.get("package") is False:
            return _refused(requirement, source, needs, "is no package")
        return _path(requirement, source.directory / str(table["path"]), needs.origin)
    if kinds == ["workspace"]:
        member = said.members.get(canonicalize_name(name))
        if member is None:
            return _refused(requirement, source, needs, "is in no workspace here")
        return _path(requirement, member, needs.origin)
    if kinds == ["index"]:
        return _pinned(requirement, source, said, needs)
    return _direct(requirement, source, needs)


def _path(requirement: Requirement, path: Path, origin: str) -> Parsed:
    place = Path(os.path.normpath(path))
    kind = local_kind(place) if is_there(place) else None
    if kind not in (LocalKind.PROJECT, LocalKind.WHEEL, LocalKind.SDIST):
        what = "is no project, wheel or source distribution" if is_there(place) else "is not there"
        return problem(f"{origin}: {requirement.name} is to come from {place}, which {what}")
    extras = frozenset(map(canonicalize_name, requirement.extras))
    local = LocalSource(kind, place, origin, extras, requirement.marker)
    return Parsed(local=(local,))


def _direct(requirement: Requirement, source: _Source, needs: Needs) -> Parsed:
    """The requirement for a repository or a file."""
    table = source.table
    if table.get("git"):
        reference = next((str(table[key]) for key in ("rev", "tag", "branch") if table.get(key)), "")
        url = f"git+{table['git']}" + (f"@{reference}" if reference else "")
    else:
        url = str(table["url"])
    url += f"#subdirectory={table['subdirectory']}" if table.get("subdirectory") else ""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    try:
        return Parsed(roots=(Root(Requirement(f"{requirement.name}{extras} @ {url}{marker}"), needs.origin),))
    except InvalidRequirement:
        return _refused(requirement, source, needs, "is no address")


def _refused(requirement: Requirement, source: _Source, needs: Needs, why: str) -> Parsed:
    return problem(
        f"{needs.origin}: the source of {requirement.name} ({_place(source.table)}) {why}",
        "mend it, or build from uv's own lock: uv lock",
    )


def _place(table: _Table) -> str:
    """The source in words: `../core`, the index internal."""
    for kind in _KINDS:
        if table.get(kind):
            value = mask(str(table[kind]))
            return {"workspace": "the workspace", "index": f"the index {value}"}.get(kind, value)
    return ", ".join(map(str, table)) or "nothing"


# -- indexes -------------------------------------------------------------------------------------


def _pinned(requirement: Requirement, source: _Source, said: _Said, needs: Needs) -> Parsed:
    name = str(source.table["index"])
    if source.table.get("marker"):
        holds = _holds(str(source.table["marker"]), needs)
        if holds is False:
            return Parsed()
        if holds is None:
            why = "holds for some targets only: build or lock for these one by one (--python, --platform)"
            return _refused(requirement, source, needs, why)
    pins = ((name, requirement.name),)
    if name in needs.indexes:
        return Parsed(index=IndexSettings(pins=pins))
    index = next((index for index in said.indexes if index.get("name") == name and _is_sound(index)), None)
    if index is None:
        return _refused(requirement, source, needs, "is in no [[tool.uv.index]]")
    if index.get("format", "simple") != "simple":
        return _refused(requirement, source, needs, f"has the format {index['format']}, which only uv reads")
    return Parsed(index=IndexSettings(named_indexes=((name, _url(index, said.directory)),), pins=pins))


def _holds(marker: str, needs: Needs) -> bool | None:
    """Whether `marker` is true on all targets or on none; None where it depends, or is no marker."""
    try:
        read = Marker(marker)
    except InvalidMarker:
        return None
    environments = [{name: str(value) for name, value in each.items()} for each in needs.environments]
    found = {read.evaluate(environment) for environment in environments}
    return found.pop() if len(found) == 1 else None


def _general(said: _Said, needs: Needs) -> Parsed:
    """The indexes for all projects, with uv's strategy, and a notice about settings that are ignored."""
    unsound = next((index for index in said.indexes if not _is_sound(index)), None)
    if unsound is not None:
        shown = unsound.get("name", unsound.get("url"))
        return problem(f"[[tool.uv.index]] in {needs.file}: {shown!r} has not the name and URL of an index")
    ours = [index for index in said.indexes if index.get("name") not in needs.indexes]
    shared = [index for index in ours if not index.get("explicit")]
    default = next((_url(index, said.directory) for index in shared if index.get("default")), None)
    others = tuple(_url(index, said.directory) for index in shared if not index.get("default"))
    notices = []
    if shared and needs.asks_indexes:
        names = ", ".join(str(index.get("name", mask(index["url"]))) for index in shared)
        notices.append(f"[[tool.uv.index]] in {needs.file} is heeded: {names}")
    if said.unheeded:
        notices.append(f"[tool.uv] in {needs.file} also says {', '.join(said.unheeded)}, which is not heeded")
    strategy = said.strategy or (FIRST_INDEX if shared else None)
    if strategy not in (None, *STRATEGIES):
        return problem(f"[tool.uv] in {needs.file}: there is no index strategy {strategy!r}")
    settings = IndexSettings(index_url=default, extra_index_urls=others, index_strategy=strategy)
    return Parsed(index=settings, notices=tuple(notices))


def _is_sound(index: _Table) -> bool:
    """Whether name and URL can be written in a line for uv and pip, where they mean one index."""
    name, url = index.get("name", "x"), index.get("url")
    return (
        isinstance(name, str)
        and re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) is not None
        and isinstance(url, str)
        and re.fullmatch(r"[^\s\x00-\x1f]+", url) is not None
    )


def _url(index: _Table, directory: Path) -> str:
    """The URL of an index, with the credentials that uv's variables hold for it."""
    url = str(index["url"])
    if "://" not in url:
        return (directory / url).resolve().as_uri()
    key = re.sub(r"[^A-Z0-9]", "_", str(index.get("name", "")).upper())
    user = os.environ.get(f"UV_INDEX_{key}_USERNAME", "")
    password = os.environ.get(f"UV_INDEX_{key}_PASSWORD", "")
    parts = parts_of(url)
    if not (user or password) or "@" in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"))
