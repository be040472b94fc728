"""The tables of a page, as rows of cells."""

from __future__ import annotations

import re
from pathlib import Path

from tests.checkout import REPOSITORY

DOCS = REPOSITORY / "pexlite" / "docs"
_CELL = re.compile(r"(?<!\\)\|")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def table(name: str, mark: str) -> list[list[str]]:
    """The rows, without the head, of the table that follows `<!-- mark -->` on the page `name`."""
    _, found, rest = page(name).partition(f"<!-- {mark} -->\n")
    assert found, f"{Path(name)}.md has no table marked {mark}"
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in _CELL.split(line.strip())[1:-1]] for line in lines]


def first_cells(name: str, mark: str) -> list[str]:
    """The words in `code` of each row's first cell; a star behind them stays."""
    return [row[0].replace("`", "") for row in table(name, mark)]
