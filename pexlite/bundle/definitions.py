"""The names that a module defines, read from its source without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence


def defined_names(source: str) -> set[str] | None:
    """The names that the module `source` binds at its top level; None where this Python cannot parse it."""
    try:
        return set(_defined(ast.parse(source).body))
    except SyntaxError:
        return None


def _defined(body: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that a module's statements bind, also inside if, try, with and loops."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
        for field in ("body", "orelse", "finalbody"):
            yield from _defined(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from _defined(handler.body)
        for case in getattr(statement, "cases", []):
            yield from _defined(case.body)
