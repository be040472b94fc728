"""pdm's words: `[[tool.pdm.source]]` and its order. Paths of dependencies are URLs, which its backend writes too.

[[tool.pdm.source]]
name = "internal"
url = "https://index.example/simple"
include_packages = ["corp-*"]
"""

from __future__ import annotations

from pathlib import Path

from pexlite.indexes.indexes import FIRST_INDEX
from pexlite.model import Problem
from pexlite.requirements.declared.indexes import Words, read_index, read_indexes
from pexlite.requirements.declared.said import DEFAULT, DeclaredIndex, Said, Table, inner, tables, tool_table
from pexlite.requirements.pyproject import placed

_INDEXES = Words("[[tool.pdm.source]]")
_PYPI = "pypi"


def said_by_pdm(file: Path) -> Said:
    """All that pdm's tables in the pyproject.toml `file` say."""
    pdm = tool_table(file, "pdm")
    if not pdm:
        return Said(file, "pdm")
    named = tables(pdm.get("source", []))
    links = [table for table in named if table.get("type") == "find_links"]
    entries = [_index(table, file) for table in named if table not in links]
    indexes, problems = read_indexes(entries)
    pages, wrong = read_indexes([_index(table, file) for table in links])
    # As with pdm, the public index is one of them, and the first, unless one is called so.
    public = [] if any(index.name == _PYPI for index in (*indexes, *pages)) else [DEFAULT]
    resolution = inner(pdm, "resolution")
    in_order = resolution.get("respect-source-order") is True
    return Said(
        file,
        "pdm",
        index_table=_INDEXES.heading,
        indexes=indexes,
        general=(*public, *indexes) if indexes else (DEFAULT,),
        strategy=FIRST_INDEX if in_order and indexes else None,
        find_links=tuple(page.url for page in pages),
        unheeded=tuple(f"resolution.{key}" for key in ("overrides", "excludes") if resolution.get(key)),
        problems=(*problems, *wrong),
    )


def _index(table: Table, file: Path) -> DeclaredIndex | Problem:
    url = table.get("url")
    table = {**table, "url": placed(url, file.parent)} if isinstance(url, str) else table
    lists = [table.get(key, []) for key in ("include_packages", "exclude_packages")]
    only, never = (tuple(map(str, value)) if isinstance(value, list) else () for value in lists)
    return read_index(table, file, _INDEXES, only=only, never=never)
