"""The runtime room is as its door says: its parts import only what stands above them, and there is no circle."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pexlite

ROOM = Path(pexlite.__file__).parent / "runtime"
DOOR = ast.get_docstring(ast.parse((ROOM / "__init__.py").read_text())) or ""
# Modules by their path in the room, as ("cache", "app"); a folder's own is ("cache",).
Name = tuple[str, ...]
MODULES: dict[Name, Path] = {
    path.relative_to(ROOM).with_suffix("").parts[: -1 if path.stem == "__init__" else None]: path
    for path in sorted(ROOM.rglob("*.py"))
}
# Where a process that runs without the room goes on with it, by the name that the room has in the file.
HANDED_OVER: dict[Name, set[Name]] = {
    ("start",): {("boot",), ("failed",)},
    ("app", "failing"): {("upkeep", "mend")},
    ("app", "launch"): {("unpack", "launcher")},
}
WRITTEN_FOR_A_FILE = {("written", "console_script")}  # its names are put in when it is written

each_module = pytest.mark.parametrize("name", MODULES, ids=lambda name: "/".join(name) or "the door")


def order() -> list[str]:
    """The parts of the room as its door lists them."""
    text = DOOR.split("only those above it", 1)[1].split("\n\n", 2)[1]
    return re.findall(r"^    ([a-z]+)  +\S", text, flags=re.MULTILINE)


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def for_type_checkers(tree: ast.AST) -> set[ast.AST]:
    """Every node below `if TYPE_CHECKING:`."""
    guarded = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {below for node in guarded for statement in node.body for below in ast.walk(statement)}


def imported(name: Name, statement: ast.Import | ast.ImportFrom) -> Iterator[Name]:
    """The modules of the room that a relative import in the module `name` leads to."""
    if not isinstance(statement, ast.ImportFrom) or not statement.level:
        return
    package = name if MODULES[name].stem == "__init__" else name[:-1]
    base = package[: len(package) - statement.level + 1] + tuple(
        (statement.module or "").split(".") * bool(statement.module)
    )
    for alias in statement.names:
        yield (*base, alias.name) if (*base, alias.name) in MODULES else base


def by_name_in_the_file(statement: ast.Import | ast.ImportFrom) -> Iterator[Name]:
    """The modules of the room that an import of `__pexlite__` leads to."""
    if isinstance(statement, ast.ImportFrom) and (statement.module or "").partition(".")[0] == "__pexlite__":
        yield from ((*(statement.module or "").split(".")[1:], alias.name) for alias in statement.names)


def upward(name: Name, found: Name) -> bool:
    """Whether the module `name` may not import `found`: another part that does not stand above its own."""
    parts = order()
    if name[:1] == found[:1]:
        return False
    return not found or name[0] in ("app", "written") or parts.index(found[0]) > parts.index(name[0])


def test_the_door_lists_every_part_and_no_other() -> None:
    assert sorted(order()) == sorted({name[0] for name in MODULES if name})


@each_module
def test_a_part_imports_only_what_stands_above_it(name: Name) -> None:
    found = [
        f"line {statement.lineno}: {'/'.join(name)} imports {'/'.join(one)}"
        for statement in statements(ast.parse(MODULES[name].read_text()))
        for one in imported(name, statement)
        if upward(name, one)
    ]
    assert found == []


@each_module
def test_an_import_leads_to_a_module(name: Name) -> None:
    for statement in statements(ast.parse(MODULES[name].read_text())):
        assert {*imported(name, statement), *by_name_in_the_file(statement)} <= set(MODULES)


@each_module
def test_only_start_and_app_hand_over_to_the_file(name: Name) -> None:
    tree = ast.parse(MODULES[name].read_text())
    found = {one for statement in statements(tree) for one in by_name_in_the_file(statement)}
    assert found == HANDED_OVER.get(name, set())


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[Name, set[Name]] = {}
    for name, path in MODULES.items():
        tree = ast.parse(path.read_text())
        apart = for_type_checkers(tree)
        run = [statement for statement in statements(tree) if statement not in apart]
        graph[name] = {one for statement in run for one in imported(name, statement)}
    while leaves := {name for name, uses in graph.items() if not uses & graph.keys()}:
        graph = {name: uses for name, uses in graph.items() if name not in leaves}
    assert graph == {}


@each_module
def test_all_else_that_it_imports_is_the_standard_library(name: Name) -> None:
    if name in WRITTEN_FOR_A_FILE:
        return
    known = sys.stdlib_module_names | {"__pexlite__", "_frozen_importlib_external", "_imp", "compression"}
    foreign = [
        f"line {statement.lineno}: {module}"
        for statement in statements(ast.parse(MODULES[name].read_text()))
        for module in (
            [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or ""] * (not statement.level)
        )
        if module.split(".")[0] not in known
    ]
    assert foreign == []


@pytest.mark.parametrize(
    ("source", "name", "found"),
    [
        ("from . import files", ("cache", "app"), [("cache", "files")]),
        ("from .. import install", ("tools", "built_file"), [("install",)]),
        ("from ..cache.app import App", ("upkeep", "users"), [("cache", "app")]),
        ("from . import cache, venv", ("tools",), [("tools", "cache"), ("tools", "venv")]),
        ("from ..app.switches import Switches", ("tools",), [("app", "switches")]),
        ("from .start import LAYOUT", ("pythons",), [("start",)]),
        ("from .. import x", ("cache", "app"), [()]),
        ("import os", ("cache", "app"), []),
    ],
)
def test_a_relative_import_is_traced_to_its_modules(source: str, name: Name, found: list[Name]) -> None:
    [statement] = statements(ast.parse(source))
    assert list(imported(name, statement)) == found


@pytest.mark.parametrize(
    ("name", "found", "is_upward"),
    [
        (("cache", "private"), ("start",), False),
        (("cache", "private"), ("failed",), False),
        (("file", "whole"), ("failed",), True),
        (("install",), ("tools",), True),
        (("app", "become"), ("app", "switches"), False),
        (("app", "become"), ("start",), True),
        (("unpack", "launcher"), ("app", "become"), False),
        (("written", "venv_pex"), ("start",), True),
        (("cache", "app"), (), True),
    ],
)
def test_what_is_upward(name: Name, found: Name, is_upward: bool) -> None:
    assert upward(name, found) == is_upward
