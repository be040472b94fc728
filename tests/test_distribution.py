"""The whole package is in the repository, and so in wheel and sdist: hatchling leaves out what git ignores."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

import pytest

from tests import needs
from tests.checkout import REPOSITORY

FILES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for place in ("pexlite", "tests")
    for path in (REPOSITORY / place).rglob("*")
    if path.suffix in {".py", ".pth", ".sh", ".md", ".typed", ".html", ".css", ".js", ".LICENSE"}
    and "__pycache__" not in path.parts
)


def ignored(names: Iterable[str]) -> list[str]:
    """Those of the files `names` that git ignores."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this is no clone of the repository: git clone it")
    command = [needs.program("git"), "check-ignore", "--no-index", "--stdin"]
    found = subprocess.run(command, input="\n".join(names), capture_output=True, text=True, cwd=REPOSITORY)
    return found.stdout.splitlines()


def test_no_module_test_or_page_is_ignored() -> None:
    assert ignored(FILES) == []


def test_what_is_ignored_is_told() -> None:
    assert ignored(["build/app.pex", "pexlite/__init__.py"]) == ["build/app.pex"]
