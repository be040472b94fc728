"""The oldest Python whose grammar a module keeps to, found by parsing the module.

`ast.parse(feature_version=…)` refuses most syntax that an older Python cannot parse; the rest is checked here.
"""

from __future__ import annotations
import __future__

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

OLDEST = 6
"""The minor version of the oldest Python that files run on."""

_HAS_F_STRINGS = re.compile(rb"[fF][rR]?[\"']")


@dataclass(frozen=True)
class Demand:
    """The oldest minor version of Python 3 that a module needs, and the reason; "" where there is none."""

    minor: int
    reason: str = ""
    """As "line 3: Pattern matching is only supported in Python 3.10 and greater"."""


def demand_of(source: bytes) -> Demand:
    """The oldest Python that can compile `source`. Raises SyntaxError or ValueError where this Python cannot."""
    tree = ast.parse(source)
    found = Demand(OLDEST)
    for minor in range(OLDEST, sys.version_info[1] + 1):
        try:
            ast.parse(source, feature_version=(3, minor))
            break
        except SyntaxError as failure:
            found = Demand(minor + 1, f"line {failure.lineno}: {failure.msg}")
    others = [*_of_nodes(tree), *_of_f_strings(source)]
    return max([found, *others], key=lambda demand: demand.minor)


def _of_nodes(tree: ast.Module) -> Iterator[Demand]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                feature = getattr(__future__, alias.name, None)
                if feature is not None:
                    yield _at(node, feature.optional[1], f"from __future__ import {alias.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not all(map(_is_old_decorator, node.decorator_list)):
                yield _at(node, 9, "a decorator that is more than a name and a call")
        elif isinstance(node, ast.Subscript) and _is_bare_with_star(node.slice):
            yield _at(node, 11, "a star in an index")
        elif isinstance(node, ast.Return | ast.Yield | ast.AnnAssign) and _is_bare_with_star(node.value):
            yield _at(node, 8, "a star in a tuple without parentheses")
        elif isinstance(node, ast.For | ast.AsyncFor) and _is_bare_with_star(node.iter):
            yield _at(node, 9, "a star in a tuple without parentheses")


def _at(node: ast.stmt | ast.expr, minor: int, what: str) -> Demand:
    return Demand(minor, f"line {node.lineno}: {what} is not in the grammar before Python 3.{minor}")


def _is_bare_with_star(value: ast.expr | None) -> bool:
    """Whether `value` is a tuple with a starred element and without parentheses."""
    if not isinstance(value, ast.Tuple) or not any(isinstance(entry, ast.Starred) for entry in value.elts):
        return False
    first = value.elts[0]
    return (value.lineno, value.col_offset) == (first.lineno, first.col_offset)


def _is_old_decorator(node: ast.expr) -> bool:
    node = node.func if isinstance(node, ast.Call) else node
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _of_f_strings(source: bytes) -> Iterator[Demand]:
    """A demand for each f-string with its own quotes, a backslash, a comment or a line break (PEP 701)."""
    if sys.version_info < (3, 12) or not _HAS_F_STRINGS.search(source):
        return
    quotes: list[str] = []
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if quotes and kind not in ("FSTRING_MIDDLE", "FSTRING_END"):
            ends = kind in ("NL", "NEWLINE") and len(quotes[-1]) == 1
            if ends or kind == "COMMENT" or "\\" in token.string or any(q in token.string for q in quotes):
                yield Demand(12, f"line {token.start[0]}: this f-string is not in the grammar before Python 3.12")
                return
        if kind == "FSTRING_START":
            quotes.append(token.string.lstrip("fFrR"))
        elif kind == "FSTRING_END":
            quotes.pop()
