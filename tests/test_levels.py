"""tests/README.md names every directory of tests and every session of nox."""

from __future__ import annotations

import ast
import re

from tests.checkout import REPOSITORY

PAGE = (REPOSITORY / "tests" / "README.md").read_text(encoding="utf-8")
ROOMS = {path.name for path in (REPOSITORY / "pexlite").iterdir()}


def test_every_directory_that_is_no_rooms_is_named() -> None:
    directories = {path.parent.name for path in (REPOSITORY / "tests").glob("*/__init__.py")}
    programs = {path.parent.name for path in (REPOSITORY / "tests" / "programs").glob("*/__init__.py")}
    named = set(re.findall(r"`(\w+)/", PAGE)) | {"programs"}
    assert directories - ROOMS - programs - named == set()


def test_every_session_is_named_and_no_other() -> None:
    program = ast.parse((REPOSITORY / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in program.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    assert set(re.findall(r"nox -s (\w+)", PAGE)) - {"NAME"} == {function.name for function in functions}
