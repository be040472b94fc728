"""The PEX_ switches of a start, as the room that travels lists them: they are known there alone."""

from __future__ import annotations

import ast
import functools

from pexlite.archive.runtime_files import ROOM_DIRECTORY


@functools.cache
def switches(name: str) -> tuple[str, ...]:
    """The tuple `name` of runtime/app/switches.py, which is read and not run: KEPT or TAKEN."""
    tree = ast.parse((ROOM_DIRECTORY / "app" / "switches.py").read_text(encoding="utf-8"))
    values = {
        ast.unparse(target): statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    }

    def value_of(node: ast.expr) -> tuple[str, ...]:
        if isinstance(node, ast.Name):
            return value_of(values[node.id])
        if isinstance(node, ast.BinOp):
            return value_of(node.left) + value_of(node.right)
        return tuple(ast.literal_eval(node))

    return value_of(values[name])


def asked_by_people() -> tuple[str, ...]:
    """The switches that people set for one start; another is set by a start for the next one."""
    return tuple(name for name in switches("TAKEN") if name != "PEX_CHOSEN_PYTHON")
