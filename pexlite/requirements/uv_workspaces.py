"""uv's workspaces: the root directory above a project, and the workspace's members by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from pexlite.files.paths import is_file
from pexlite.model import Problem
from pexlite.requirements.pyproject import read_project


def workspace_of(project: Path) -> Path | None:
    """The root of the workspace that the directory `project` belongs to; None without one."""
    for place in (project, *project.parents):
        workspace = _workspace(place)
        if workspace is not None:
            return place if place == project or project in _directories(place, workspace) else None
    return None


def members_of(root: Path) -> Mapping[str, Path]:
    """The directory of each project in the workspace at `root`, including the root's own, by normalised name."""
    found = {}
    for directory in (root, *_directories(root, _workspace(root) or {})):
        table = read_project(directory / "pyproject.toml")
        name = None if isinstance(table, Problem) else table.get("project", {}).get("name")
        if isinstance(name, str):
            found[str(canonicalize_name(name))] = directory
    return found


def _workspace(directory: Path) -> Mapping[str, Any] | None:
    file = directory / "pyproject.toml"
    table = read_project(file) if is_file(file) else {}
    found = {} if isinstance(table, Problem) else table.get("tool", {})
    for key in ("uv", "workspace"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _directories(root: Path, workspace: Mapping[str, Any]) -> list[Path]:
    out = {place for pattern in _texts(workspace, "exclude") for place in _matching(root, pattern)}
    found = [place for pattern in _texts(workspace, "members") for place in _matching(root, pattern)]
    return [place for place in dict.fromkeys(found) if place not in out and is_file(place / "pyproject.toml")]


def _matching(root: Path, pattern: str) -> list[Path]:
    """The directories under `root` that match `pattern`; () for an invalid pattern or one that leads out."""
    try:
        return sorted(root.glob(pattern))
    except (NotImplementedError, ValueError, OSError):
        return []


def _texts(workspace: Mapping[str, Any], key: str) -> Sequence[str]:
    value = workspace.get(key, ())
    return [entry for entry in value if isinstance(entry, str) and entry] if isinstance(value, list) else []
