"""The map in pexlite/ARCHITECTURE.md and the doors are true; import-linter, told the same, holds the layers."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pexlite

HOUSE = Path(pexlite.__file__).parent
MAP = (HOUSE / "ARCHITECTURE.md").read_text(encoding="utf-8")
MODULES = sorted(HOUSE.rglob("*.py"))
REPOSITORY = HOUSE.parent
# The rooms whose doors list their modules; the others are one page, or say it in their own way.
ROOMS = sorted(path.parent.name for path in HOUSE.glob("*/__init__.py") if path.parent.name != "runtime")
ROW = re.compile(r"^    ([a-z_0-9]+/?(?:, [a-z_0-9]+)*)(?:  |$)", flags=re.MULTILINE)
BESIDE = re.compile(r"[;.] ([a-z_0-9]+): ")
# Two modules that stand above all rooms.
DOORS = {"__main__": "cli", "__init__": "cli"}
# Programs of their own, which other processes run.
PROGRAMS = {
    HOUSE / "own_python" / "trial.py",
    HOUSE / "archive" / "trial.py",
    HOUSE / "targets" / "ask.py",
    HOUSE / "resolve" / "patched_pip.py",
    HOUSE / "tools" / "run_tool.py",
    HOUSE / "tools" / "carried.py",
    HOUSE / "ship" / "remote" / "program.py",
}
# Standard library that reads or changes the world outside, which bundle/ leaves to the other rooms.
WORLDLY = {"os", "io", "shutil", "socket", "time", "datetime", "subprocess", "urllib", "tempfile", "random"} | {
    "platform",
    "zipfile",
    "http",
    "ssl",
    "secrets",
}


@dataclass(frozen=True)
class Import:
    """One import statement: the module asked for, and the names taken from it."""

    module: str
    names: tuple[str, ...]
    level: int
    line: int

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms of pexlite that it reaches into."""
        if self.module == "pexlite":
            return tuple(name for name in self.names if not name.startswith("__"))
        return (self.module.split(".")[1],) if self.module.startswith("pexlite.") else ()


def imports_of(tree: ast.AST) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield Import(node.module or "", tuple(alias.name for alias in node.names), node.level, node.lineno)
        elif isinstance(node, ast.Import):
            yield from (Import(alias.name, (), 0, node.lineno) for alias in node.names)


def room_of(path: Path) -> str:
    first = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    return DOORS.get(first, first)


def layers() -> list[set[str]]:
    """The rooms by layer, top to bottom, as import-linter is told of them."""
    return [
        {room.strip() for room in line.split("|")} for line in contract("imports point down the map")["layers"]
    ]


def contract(name: str) -> dict[str, Any]:
    """The contract of that name in pyproject.toml."""
    table = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    [found] = [one for one in table["tool"]["importlinter"]["contracts"] if one["name"] == name]
    return dict(found)


def described_rooms() -> list[str]:
    """The rooms as the map lists them, top to bottom."""
    return re.findall(r"^    ([a-z_]+)  +\S", MAP.split("The rooms, top to bottom", 1)[1], flags=re.MULTILINE)


def existing_rooms() -> set[str]:
    folders = {path.name for path in HOUSE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    files = {path.stem for path in HOUSE.glob("*.py") if not path.stem.startswith("__")}
    return folders | files


def named(path: Path) -> str:
    return str(path.relative_to(HOUSE.parent))


each_module = pytest.mark.parametrize("path", MODULES, ids=named)


def test_the_map_describes_every_room_and_no_other() -> None:
    assert sorted(described_rooms()) == sorted(existing_rooms())


def test_no_room_has_the_name_of_a_function_of_the_api() -> None:
    # Importing it would put the room in the function's place: pexlite.build(...) worked once.
    assert existing_rooms() & set(pexlite.__all__) == {"errors"}


def test_the_map_lists_the_rooms_as_the_layers_do() -> None:
    depths = {room: depth for depth, layer in enumerate(layers()) for room in layer}
    *rooms, last = described_rooms()
    assert last == "runtime"
    assert [depths[room] for room in rooms] == sorted(depths.values())


def test_the_runtime_is_layered_as_its_door_says() -> None:
    door = ast.get_docstring(ast.parse((HOUSE / "runtime" / "__init__.py").read_text())) or ""
    text = door.split("only those above it", 1)[1].split("\n\n", 2)[1]
    listed = re.findall(r"^    ([a-z]+)  +\S", text, flags=re.MULTILINE)
    assert contract("the room that travels keeps the order on its door")["layers"] == listed[::-1]


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_names_every_module_of_its_room_and_no_other(room: str) -> None:
    folder = HOUSE / room
    door = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    in_rows = {name for row in ROW.findall(door) for name in row.split(", ")}
    beside = set(BESIDE.findall(door))  # "pip_program: what pip runs", in another's row
    inside = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    inside |= {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    assert (in_rows | beside) == inside


def test_the_door_of_the_runtime_names_every_module_in_its_folders() -> None:
    room = HOUSE / "runtime"
    door = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    words = set(re.findall(r"\w+", door.split("only those above it", 1)[1].split("\n\n", 2)[1]))
    inside = {path.stem for path in room.glob("*/*.py") if path.parent.name != "written"} - {"__init__"}
    assert inside <= words


@each_module
def test_imports_between_rooms_are_spelt_in_full(path: Path) -> None:
    if room_of(path) != "runtime":
        assert [found.line for found in imports_of(ast.parse(path.read_text())) if found.level] == []


@pytest.mark.parametrize("room", ["pipeline", "fetch"])
def test_no_function_of_the_stages_takes_more_than_five_things(room: str) -> None:
    crowded = [
        f"{path.name}: {node.name}"
        for path in sorted((HOUSE / room).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and len({one.arg for one in (*node.args.args, *node.args.kwonlyargs)} - {"self", "cls"}) > 5
    ]
    assert crowded == [], "a noun is missing, such as Workshop"


@each_module
def test_only_the_command_line_and_the_runtime_print_or_exit(path: Path) -> None:
    if (room_of(path) in ("cli", "runtime") and path != HOUSE / "__init__.py") or path in PROGRAMS:
        return
    said = [
        f"line {node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write")
    ]
    assert said == []


@pytest.mark.parametrize("path", sorted((HOUSE / "bundle").glob("*.py")), ids=named)
def test_the_bundle_room_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text())
    worldly = [
        f"line {found.line}: {found.module}"
        for found in imports_of(tree)
        if found.module.split(".")[0] in WORLDLY or (found.module == "pathlib" and found.names != ("PurePath",))
    ]
    # Which modules the standard library has is a fact like any other; the rest of sys is the world.
    worldly += [
        f"line {node.lineno}: sys.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value) == "sys"
        and node.attr != "stdlib_module_names"
    ]
    worldly += [
        f"line {node.lineno}: open"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("open", "Path", "input")
    ]
    assert worldly == []


@each_module
def test_a_module_over_400_lines_gives_its_reason_in_its_docstring(path: Path) -> None:
    lines = path.read_text().splitlines()
    if len(lines) > 400:
        assert "lines" in (ast.get_docstring(ast.parse(path.read_text())) or ""), f"{len(lines)} lines"


@pytest.mark.parametrize(
    ("source", "rooms"),
    [
        ("from pexlite import fetch, __version__", ("fetch",)),
        ("from pexlite.indexes.settings import effective_settings", ("indexes",)),
        ("import pexlite.runtime.boot", ("runtime",)),
        ("from packaging import tags", ()),
    ],
)
def test_an_import_is_traced_to_its_rooms(source: str, rooms: tuple[str, ...]) -> None:
    assert [found.rooms for found in imports_of(ast.parse(source))] == [rooms]


# Calls that make a word of sh, or a file that another program reads, of foreign text: each has one place.
ONLY_HERE: dict[str, set[str]] = {
    # Words of sh; paths and credentials in addresses.
    "quote": {
        *("archive/header/shell.py", "requirements/declared/indexes.py"),
        *("resolve/pip_program.py", "resolve/uv_program.py"),
    },
    "write_text": {
        "requirements/lines.py",  # lines for uv and pip
        "resolve/run_patched_pip.py",  # JSON
        "resolve/patched_pip.py",  # JSON
        "pipeline/lazy_trial.py",  # our own program, and names of modules, each a line
        "pipeline/start_list.py",  # our own program, and paths as Python's ascii() writes them
        "own_python/text.py",  # a module of Python's own library
        "resolve/uv.py",  # TOML of checked names, and of addresses as JSON writes them
    },
}


@each_module
def test_foreign_text_becomes_a_word_or_a_line_in_one_place(path: Path) -> None:
    inside = path.relative_to(HOUSE).as_posix()
    if room_of(path) == "runtime":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {ast.unparse(call.func).rpartition(".")[2] for call in calls}
    assert [name for name, homes in ONLY_HERE.items() if name in names and inside not in homes] == []
