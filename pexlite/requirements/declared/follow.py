"""The sources that a project's own tools name for its dependencies, followed with either resolver."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Environment, InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.addresses import mask
from pexlite.files.paths import is_there
from pexlite.indexes.indexes import STRATEGIES
from pexlite.model import IndexSettings, LocalKind, LocalSource, Root
from pexlite.network.urls import local_path
from pexlite.requirements.arguments import local_kind
from pexlite.requirements.declared.of_pdm import said_by_pdm
from pexlite.requirements.declared.of_poetry import said_by_poetry
from pexlite.requirements.declared.of_uv import said_by_uv
from pexlite.requirements.declared.said import DEFAULT, DeclaredIndex, Said, Source
from pexlite.requirements.parsed import Parsed, combined, problem

# The first that names a source, or an index for all projects, counts.
TOOLS = (said_by_uv, said_by_poetry, said_by_pdm)
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


@dataclass(frozen=True)
class Followed:
    """The sources of requirements, and the indexes that the file names for all projects."""

    parsed: Parsed
    general: tuple[DeclaredIndex, ...] = (DEFAULT,)
    """The indexes for all projects, the first one first; `DEFAULT` stands for the builder's own."""
    patterned: tuple[DeclaredIndex, ...] = ()
    """Indexes with patterns of the projects that come from them alone, or never."""


def declared_sources(needs: Needs) -> Followed:
    """The local code, requirements and index settings that replace `needs.requirements`; problems with them.

    Requirements with paths of their own (`core @ file:///srv/core`) become local code, whatever the tables say. As
    with uv, a dependency has a source only where the file itself requires it. Of several tools' tables the first
    that names a source, or an index for all, counts.
    """
    whole = [said(needs.file) for said in TOOLS]
    parts = [combined(_at_paths(needs))]
    sourced: set[str] = set()
    for said in whole:
        parts += [Parsed(problems=said.problems), *_of_one_tool(said, needs, sourced)]
        sourced |= set(said.sources)
    naming = [said for said in whole if said.indexes]
    first = naming[0] if naming else whole[0]
    parts += [_general(first, needs), *(_passed_over(said, first) for said in naming[1:])]
    ours = tuple(index for index in first.general if index == DEFAULT or index.name not in needs.indexes)
    patterned = tuple(index for index in first.indexes if index.only or index.never)
    return Followed(combined(parts), ours or (DEFAULT,), patterned)


def _of_one_tool(said: Said, needs: Needs, sourced: set[str]) -> Iterator[Parsed]:
    """The sources by one tool's tables of the requirements that are not `sourced` yet, and notices about them."""
    shown: dict[str, None] = {}
    unasked: dict[str, None] = {}
    for requirement in needs.requirements:
        name = canonicalize_name(requirement.name)
        for source in said.sources.get(name, ()) if not requirement.url and name not in sourced else ():
            asked = _wanted(requirement, source, needs)
            found = _lowered(asked, source, said, needs) if asked is not None else Parsed()
            if found != Parsed():
                yield found
                place = f"{requirement.name} from {source}"
                (shown if needs.asks_indexes or "index" not in source.kinds else unasked)[place] = None
    where = _origin(said, needs)
    if shown:
        yield Parsed(notices=(f"as {where} says: {', '.join(shown)}",))
    if unasked:
        yield Parsed(notices=(f"no index is asked, though {where} says: {', '.join(unasked)}",))
    if said.unheeded:
        also = ", ".join(said.unheeded)
        yield Parsed(notices=(f"[tool.{said.tool}] in {said.file} also says {also}, which is not heeded",))


def _origin(said: Said, needs: Needs) -> str:
    return f"{said.sources_table} in {needs.file}"


def path_of(requirement: Requirement) -> Path | None:
    """The path in the requirement's URL; None where it has none, or leads into a part of a file."""
    return local_path(requirement.url) if requirement.url and "#" not in requirement.url else None


def _at_paths(needs: Needs) -> Iterator[Parsed]:
    """The local code that requirements name by `file:` URLs, which Poetry and hatch make of path dependencies."""
    for requirement in needs.requirements:
        path = path_of(requirement)
        asked = None if path is None else _wanted(requirement, Source({}, needs.file.parent), needs)
        if path is None or asked is None or (asked.marker and _holds(str(asked.marker), needs) is False):
            continue
        yield _path(asked, needs.file.parent / path, needs.file.parent.name)


# -- one source ----------------------------------------------------------------------------------


def _wanted(requirement: Requirement, source: Source, needs: Needs) -> Requirement | None:
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


def _lowered(requirement: Requirement, source: Source, said: Said, needs: Needs) -> Parsed:
    kinds, table, origin = source.kinds, source.table, _origin(said, needs)
    if source.unread or len(kinds) != 1:
        return _refused(requirement, source, origin, source.unread or "is none that is known here")
    holds = _holds(str(table["marker"]), needs) if table.get("marker") else True
    if holds is False:
        return Parsed()
    if kinds == ("path",):
        if table.get("package") is False:
            return _refused(requirement, source, origin, "is no package")
        below = str(table.get("subdirectory") or ".")
        return _path(requirement, source.directory / str(table["path"]) / below, origin)
    if kinds == ("workspace",):
        member = said.members.get(canonicalize_name(requirement.name))
        if member is None:
            return _refused(requirement, source, origin, "is in no workspace here")
        return _path(requirement, member, origin)
    if kinds == ("index",):
        return _pinned(requirement, source, said, needs)
    return _direct(requirement, source, origin)


def _path(requirement: Requirement, path: Path, origin: str) -> Parsed:
    place = Path(os.path.normpath(path))
    kind = local_kind(place) if is_there(place) else None
    if kind not in (LocalKind.PROJECT, LocalKind.WHEEL, LocalKind.SDIST):
        what = "is no project, wheel or source distribution" if is_there(place) else "is not there"
        return problem(f"{origin}: {requirement.name} is to come from {place}, which {what}")
    extras = frozenset(map(canonicalize_name, requirement.extras))
    local = LocalSource(kind, place, origin, extras, requirement.marker)
    return Parsed(local=(local,))


def _direct(requirement: Requirement, source: Source, origin: str) -> Parsed:
    """The requirement for a repository or a file."""
    table = source.table
    if table.get("git"):
        reference = next((str(table[key]) for key in ("rev", "tag", "branch") if table.get(key)), "")
        url = f"git+{_with_scheme(str(table['git']))}" + (f"@{reference}" if reference else "")
    else:
        url = str(table["url"])
    url += f"#subdirectory={table['subdirectory']}" if table.get("subdirectory") else ""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    try:
        return Parsed(roots=(Root(Requirement(f"{requirement.name}{extras} @ {url}{marker}"), origin),))
    except InvalidRequirement:
        return _refused(requirement, source, origin, "is no address")


def _with_scheme(repository: str) -> str:
    """The URL of a repository; git@host:owner/name is ssh://git@host/owner/name."""
    short = re.fullmatch(r"([\w.-]+@[\w.-]+):(?!//)(.+)", repository)
    return f"ssh://{short[1]}/{short[2]}" if short else repository


def _refused(requirement: Requirement, source: Source, origin: str, why: str) -> Parsed:
    hint = "mend it, or build from a lock that has it: uv lock"
    return problem(f"{origin}: the source of {requirement.name} ({source}) {why}", hint)


# -- indexes -------------------------------------------------------------------------------------


def _pinned(requirement: Requirement, source: Source, said: Said, needs: Needs) -> Parsed:
    name, origin = str(source.table["index"]), _origin(said, needs)
    if source.table.get("marker") and _holds(str(source.table["marker"]), needs) is None:
        why = "holds for some targets only: build or lock for these one by one (--python, --platform)"
        return _refused(requirement, source, origin, why)
    pins = ((name, requirement.name),)
    if name in needs.indexes:
        return Parsed(index=IndexSettings(pins=pins))
    index = next((index for index in said.indexes if index.name == name), None)
    if index is None and name.lower() == "pypi":
        index = DEFAULT
    if index is None:
        return _refused(requirement, source, origin, f"is in no {said.index_table}")
    if index.form != "simple":
        return _refused(requirement, source, origin, f"has the format {index.form}, which only uv reads")
    return Parsed(index=IndexSettings(named_indexes=((name, index.url),), pins=pins))


def _holds(marker: str, needs: Needs) -> bool | None:
    """Whether `marker` is true on all targets or on none; None where it depends, or is no marker."""
    try:
        read = Marker(marker)
    except InvalidMarker:
        return None
    environments = [{name: str(value) for name, value in each.items()} for each in needs.environments]
    found = {read.evaluate(environment) for environment in environments}
    return found.pop() if len(found) == 1 else None


def _general(said: Said, needs: Needs) -> Parsed:
    """The settings for all projects, with notices about the indexes that are heeded."""
    if said.strategy not in (None, *STRATEGIES):
        return problem(f"{said.index_table} in {said.file}: there is no index strategy {said.strategy!r}")
    shared = [index for index in said.indexes if not index.explicit]
    words = [str(index) for index in shared if index.name not in needs.indexes or not index.name]
    words += [*map(mask, said.find_links), *(["no-index"] if said.no_index else [])]
    heeded = f"{said.index_table} in {said.file} is heeded: {', '.join(words)}"
    unasked = f"no index is asked, though {said.index_table} in {said.file} names {', '.join(words)}"
    notice = (heeded if needs.asks_indexes else unasked,) if words else ()
    settings = IndexSettings(find_links=said.find_links, no_index=said.no_index, index_strategy=said.strategy)
    return Parsed(index=settings, notices=notice)


def _passed_over(said: Said, first: Said) -> Parsed:
    names = ", ".join(str(index) for index in said.indexes if not index.explicit)
    words = f"{said.index_table} in {said.file} is not heeded, since {first.index_table} is: {names}"
    return Parsed(notices=(words,) if names else ())
