"""The runtime files in a built file are the room's own program, without comments and docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pexlite import archive
from pexlite.archive.runtime_files import bare, runtime_files, start_modules

MODULES = sorted((Path(archive.__file__).parents[1] / "runtime").glob("*.py"))


def program(source: str) -> str:
    """The tree of `source` without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_travels_as_the_same_program(module: Path) -> None:
    source = module.read_text()
    found = bare(source)
    assert program(found) == program(source)
    travelling = {**dict(runtime_files()), "warm.py": start_modules()["warm"].encode()}
    assert travelling[module.name] == found.encode()
    assert len(found) < len(source)
    assert ast.get_docstring(ast.parse(found)) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# one\nx = 1\n\n\ny = '# two'\n", "x = 1\ny = '# two'\n"),
        ('def f():\n    """Nothing."""\n', "def f():\n pass\n"),
        ("def f():\n    # why\n    if x:\n        return 1\n", "def f():\n if x:\n  return 1\n"),
        ('x = """\\\n    a\n\n        # b\n"""\n', 'x = """\\\n    a\n\n        # b\n"""\n'),
        ("x = 1  # one\ny = '  # two'\n", "x = 1\ny = '  # two'\n"),
        ("x = (\n    1,  # one\n    # two\n    2,\n)\n", "x = (1,2,)\n"),
        ('f("""\\\na,\n  (\n""")\nx = {\n    1: 2\n}\n', 'f("""\\\na,\n  (\n""")\nx = {1: 2\n}\n'),
        ('class A:\n    """Of A.\n\n    More.\n    """\n\n    x = 1\n', "class A:\n x = 1\n"),
    ],
)
def test_only_what_people_read_goes(source: str, expected: str) -> None:
    assert bare(source) == expected
