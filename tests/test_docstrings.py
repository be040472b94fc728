"""Docstrings name a result or say what is done; a few first words never do either."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pexlite

REPOSITORY = Path(pexlite.__file__).parent.parent
MODULES = sorted(path for place in ("pexlite", "tests", ".ci") for path in (REPOSITORY / place).rglob("*.py"))
RIDDLES = ("Nothing", "What ", "No return", "That of ")


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The line and text of each docstring in `source`, also of those below the fields of a class."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value


def riddles(source: str) -> list[str]:
    return [f"line {line}: {text}" for line, text in docstrings(source) if text.startswith(RIDDLES)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_no_docstring_begins_as_a_riddle(path: Path) -> None:
    assert riddles(path.read_text(encoding="utf-8")) == []


def test_riddles_are_found_wherever_a_docstring_stands() -> None:
    source = '"""What is here."""\nclass A:\n    """Whatever."""\n    b: int\n    """That of `A`."""\n'
    source += '    def c(self) -> None:\n        """Nothing; it is done."""\n        """No return."""\n'
    assert [line.partition(":")[0] for line in riddles(source)] == ["line 1", "line 5", "line 7", "line 8"]
