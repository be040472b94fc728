"""A function in a line, as its source says it: the first of its docstring, else of its module's."""

from __future__ import annotations

import ast

_LONGEST = 120  # characters: a line of a list of commands


def summary_of(source: str, attribute: str) -> str:
    """The first line of the docstring of the function `attribute` in `source`, else of the module, else ""."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ""  # perhaps written for a newer Python than this one
    scope: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | None = module
    for name in attribute.split("."):
        inside = scope.body if scope is not None else []
        defined = [one for one in inside if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
        scope = next((one for one in reversed(defined) if one.name == name), None)
    said = (ast.get_docstring(scope) if scope is not None else None) or ast.get_docstring(module) or ""
    return shortened(said)


def shortened(said: str) -> str:
    """The first line of `said`, as text that moves no cursor."""
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    line = "".join(character if character.isprintable() else " " for character in line)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"
