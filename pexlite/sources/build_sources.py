"""Where a project says its build requirements come from, which a build may be unable to follow."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.errors import ProjectBuildError
from pexlite.files.paths import is_file
from pexlite.listed import listed
from pexlite.model import Problem
from pexlite.requirements.declared.follow import TOOLS
from pexlite.requirements.declared.of_uv import said_by_uv
from pexlite.requirements.declared.said import Said, inner
from pexlite.requirements.pyproject import read_project
from pexlite.sources.build_tools import build_requirements
from pexlite.sources.workshop import Workshop


def check_build_sources(project: Path, workshop: Workshop) -> tuple[str, ...]:
    """Notices about indexes that the tables of `project` name and its build does not ask.

    uv follows its own tables while it builds. Raises ProjectBuildError for a build requirement with a source that
    nobody would follow, since a stranger's project of that name would run.
    """
    names = list(map(_name, build_requirements(project)))
    file = project / "pyproject.toml"
    if not any(names) or workshop.settings.no_index:
        return ()
    unheard = [said for said in (tool(file) for tool in TOOLS) if said.tool != workshop.resolver.name]
    for said in unheard:
        _check_sources(project, names, said, workshop)
    return tuple(
        f"the build requirements of {project.name} ({listed(names)}) come from your own indexes, and not as "
        f"{said.index_table} in {said.file} says{'; uv asks it: --resolver uv' if said.tool == 'uv' else ''}"
        for said in unheard
        if any(not index.explicit for index in said.indexes)
    )


def sourced_dependencies(project: Path) -> tuple[str, ...]:
    """The names of the dependencies of `project`, a directory, that its `[tool.uv.sources]` has."""
    file = project / "pyproject.toml"
    table = read_project(file) if is_file(file) else {}
    lines = [] if isinstance(table, Problem) else inner(table, "project").get("dependencies", [])
    names = {_name(line) for line in lines}
    return tuple(name for name in said_by_uv(file).sources if name in names)


def _check_sources(project: Path, names: list[str], said: Said, workshop: Workshop) -> None:
    # Other tools' tables are for dependencies alone.
    found = [name for name in names if name in said.sources] if said.tool == "uv" else []
    if found:
        source = said.sources[found[0]][0]
        raise ProjectBuildError(
            f"{workshop.resolver.name} cannot build {project.name}: its build requires {found[0]}, "
            f"which is to come from {source}",
            causes=[f"{said.sources_table} in {said.file} says so, and only uv follows it while it builds"],
            hint="let uv build it: --resolver uv",
        )


def _name(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""  # the build itself will report it
