"""uv's own words: `[tool.uv.sources]`, `[[tool.uv.index]]`, and a uv.toml beside the project or above it.

[tool.uv.sources]
corp-auth = { index = "internal" }
corp-core = { path = "../core" }
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from pexlite.files.paths import is_file, is_there
from pexlite.indexes.indexes import FIRST_INDEX
from pexlite.indexes.uv_configuration import uv_flag
from pexlite.model import Problem
from pexlite.requirements.declared.indexes import Words, read_index, read_indexes, with_default
from pexlite.requirements.declared.said import DeclaredIndex, Said, Source, Table, inner, tables, tool_table
from pexlite.requirements.uv_workspaces import members_of, workspace_of

_SOURCES = "[tool.uv.sources]"
_INDEXES = Words("[[tool.uv.index]]", "UV_INDEX_{}_USERNAME", "UV_INDEX_{}_PASSWORD")
# Other settings of [tool.uv] that would change uv's resolution.
_CHANGING = frozenset(
    {
        *("constraint-dependencies", "override-dependencies", "exclude-dependencies", "dependency-metadata"),
        *("prerelease", "resolution", "fork-strategy", "exclude-newer", "exclude-newer-package"),
        *("no-build", "no-build-package", "no-binary", "no-binary-package", "no-build-isolation"),
        *("no-build-isolation-package", "build-constraint-dependencies", "config-settings"),
        *("extra-build-dependencies",),
    }
)
_OF_PIP = ("index", "index-url", "extra-index-url", "index-strategy", "find-links", "no-index")


def said_by_uv(file: Path) -> Said:
    """All that uv's tables say for the pyproject.toml or script `file`, with those of its workspace's root."""
    project = tool_table(file, "uv")
    root = workspace_of(file.parent) if file.suffix != ".py" else None
    above = tool_table(root / "pyproject.toml", "uv") if root is not None and root != file.parent else {}
    sources = {} if root is None else _sources(above, root)
    settings_file, settings, unread = _settings(file, root)
    # A member's own indexes count for the member.
    if root is not None and root != file.parent and project.get("index"):
        settings_file, settings = file, {**settings, "index": project["index"]}
    said = _indexes(settings_file, settings)
    unheeded = {*_CHANGING.intersection((*above, *project, *settings))}
    unheeded |= {f"pip.{name}" for name in _OF_PIP if name in inner(settings, "pip")}
    return replace(
        said,
        sources_table=_SOURCES,
        sources={} if uv_flag("UV_NO_SOURCES") else {**sources, **_sources(project, file.parent)},
        members={} if root is None else members_of(root),
        unheeded=tuple(sorted(unheeded)),
        problems=(*unread, *said.problems),
    )


# -- settings ------------------------------------------------------------------------------------


def _settings(file: Path, root: Path | None) -> tuple[Path, Table, tuple[Problem, ...]]:
    """The nearest settings of uv, after the file that they are in: a workspace's are those of its root."""
    if uv_flag("UV_NO_CONFIG") or os.environ.get("UV_CONFIG_FILE"):
        # uv reads another file then, or none.
        return file, {}, ()
    if file.suffix == ".py" and (own := tool_table(file, "uv")):
        return file, own, ()
    for directory in _upwards(root or file.parent):
        if is_file(place := directory / "uv.toml"):
            return place, *_toml(place)
        if table := tool_table(place := directory / "pyproject.toml", "uv"):
            return place, table, ()
    return file, {}, ()


def _upwards(directory: Path) -> Iterator[Path]:
    """`directory` and those above it, up to the top of its checkout; `directory` alone where there is none."""
    above = (directory, *directory.parents)
    top = next((place for place in above if is_there(place / ".git")), directory)
    yield from above[: above.index(top) + 1]


def _toml(file: Path) -> tuple[Table, tuple[Problem, ...]]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")), ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, (Problem(f"{file} cannot be read: {str(error).lower()}", "mend it, or set UV_NO_CONFIG=1"),)


def _sources(uv: Table, directory: Path) -> dict[str, tuple[Source, ...]]:
    return {
        str(canonicalize_name(name)): tuple(Source(entry, directory) for entry in tables(value))
        for name, value in inner(uv, "sources").items()
    }


def _indexes(file: Path, settings: Table) -> Said:
    words = Words("[[index]]", _INDEXES.user, _INDEXES.password) if file.name == "uv.toml" else _INDEXES
    entries = [_index(table, file, words) for table in tables(settings.get("index", []))]
    # The older words for the same: their place is behind the newer ones.
    older = settings.get("extra-index-url", [])
    urls = [older] if isinstance(older, str) else older if isinstance(older, list) else []
    entries += [read_index({"url": url}, file, words) for url in urls]
    if "index-url" in settings:
        entries.append(read_index({"url": settings["index-url"]}, file, words, replaces_default=True))
    indexes, problems = read_indexes(entries)
    links = settings.get("find-links", [])
    return Said(
        file=file,
        tool="uv",
        index_table=words.heading,
        indexes=indexes,
        general=with_default(indexes),
        strategy=settings.get("index-strategy")
        or (FIRST_INDEX if any(not one.explicit for one in indexes) else None),
        find_links=tuple(_link(link, file.parent) for link in links) if isinstance(links, list) else (),
        no_index=settings.get("no-index") is True,
        problems=problems,
    )


def _index(table: Table, file: Path, words: Words) -> DeclaredIndex | Problem:
    explicit, default = table.get("explicit") is True, table.get("default") is True
    form = str(table.get("format", "simple"))
    found = read_index(table, file, words, explicit=explicit, replaces_default=default, form=form)
    if isinstance(found, Problem) or not (form != "simple" or (explicit and default)):
        return found
    hint = "name a directory of distributions by -f, or build from uv's own lock: uv lock"
    if explicit and default:
        why = "is the default and serves only what is pinned to it, so that the rest has none"
        return Problem(f"{words.heading} in {file}: {found} {why}", hint)
    if not explicit:
        return Problem(f"{words.heading} in {file}: {found} has the format {form}, which only uv reads", hint)
    return found


def _link(location: object, directory: Path) -> str:
    text = str(location)
    return text if "://" in text else str((directory / text).resolve())
