"""The runtime's sources as a file carries them do all that they do here, and hold no words for readers."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

from pexlite.archive import runtime_files
from pexlite.archive.pex_info import imported_module
from pexlite.archive.runtime_files import CHECKED_MAIN, ROOM_DIRECTORY, room_sources, without_words

HERE = Path(runtime_files.__file__).parent


class WithoutWords(ast.NodeTransformer):
    """Removes docstrings, types and what only a type checker runs."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if ast.unparse(node) == "TYPE_CHECKING = False" else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def lines(text: str) -> tuple[str, list[int]]:
    """All that `text` has Python do, and the line of each step."""
    module = WithoutWords().visit(ast.parse(text))
    return ast.dump(module), [node.lineno for node in ast.walk(module) if isinstance(node, ast.stmt | ast.expr)]


def test_what_a_file_carries_of_the_runtime_does_the_same_in_the_same_lines() -> None:
    here = {path.relative_to(ROOM_DIRECTORY).as_posix(): path.read_text() for path in ROOM_DIRECTORY.rglob("*.py")}
    carried = dict(room_sources())
    assert here.keys() < carried.keys()
    here[CHECKED_MAIN] = (HERE / CHECKED_MAIN).read_text()
    for name, text in here.items():
        assert lines(carried[name]) == lines(text), name
        assert (carried[name] == text) is (name.startswith("written/") or len(text) < 70), name
    assert lines(imported_module()) == lines((HERE / "imported_file.py").read_text())


def test_a_file_carries_neither_types_nor_comments_of_the_runtime() -> None:
    for name, text in room_sources():
        if not name.endswith(".py") or name.startswith("written/"):
            continue
        nodes = list(ast.walk(ast.parse(text)))
        assert [node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.returns] == [], name
        assert [node.arg for node in nodes if isinstance(node, ast.arg) and node.annotation] == [], name
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        assert [token.string for token in tokens if token.type == tokenize.COMMENT] == [], name


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('"""Words."""\nx = 1\n', "\nx = 1\n"),
        (
            'def f():\n    """Words.\n\n    More.\n    """\n    # why\n    return 1\n',
            "def f():\n\n\n\n\n\n    return 1\n",
        ),
        ('class C:\n    """Words."""\n\nx = 1\n', 'class C:\n    ""\n\nx = 1\n'),
        (
            'def f():\n    """Words.\n    """\n\n\n# why\ndef g():\n    pass',
            'def f():\n    ""\n\n\n\n\ndef g():\n    pass',
        ),
        ('x = """a\n# b\n"""\n', 'x = """a\n# b\n"""\n'),
        ("x = 1  # type: int\n", "x = 1\n"),
        ('x = f("#")  # why "#"\n', 'x = f("#")\n'),
        (
            'def f(a: "dict[str, int]", *b: str, c: int = 1, **d: Any) -> tuple[str, list[int]]:\n    return 1\n',
            "def f(a, *b, c = 1, **d):\n    return 1\n",
        ),
        (
            "def f(\n    a: int,\n    b: C | None = None,\n    c: tuple[int, ...] = (),\n) -> None:\n    pass\n",
            "def f(\n    a,\n    b = None,\n    c = (),\n):\n    pass\n",
        ),
        ("def f(a):  # type: (int) -> str\n    pass\n", "def f(a):\n    pass\n"),
        ("    self.x: dict[str, int] = {}\n", "    self.x = {}\n"),
        ('x = {"a": str}\ny = x["a": 1]\n', 'x = {"a": str}\ny = x["a": 1]\n'),
        (
            "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from a import b\n\n    C = b\n\nx = 1\n",
            "\n\n\n\n\n\nx = 1\n",
        ),
    ],
)
def test_words_are_left_out(text: str, bare: str) -> None:
    assert without_words(text) == bare
