"""A project's pyproject.toml gives its requirements, or one sentence for each thing that is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pexlite.model import Problem
from pexlite.requirements.parsed import Parsed
from pexlite.requirements.pyproject import dependencies, group, read_project

PROJECT = """
[project]
name = "My.Project"
dependencies = ["click>=8"]
[project.optional-dependencies]
Web-UI = ["requests"]
all = ["my_project[web_ui,more]", "idna"]
more = ["six"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "demo").mkdir()
    return tmp_path / "demo" / "pyproject.toml"


def roots(found: Parsed) -> list[str]:
    assert found.problems == ()
    return [str(root.requirement) for root in found.roots]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"pyproject\.toml in .*demo cannot be read: no such file or directory"),
        ("a directory", r"pyproject\.toml in .*demo cannot be read: is a directory"),
        (b"[project\n", r".*demo/pyproject\.toml is no TOML: expected .* \(at line 1, column 9\)"),
        (b"name = '\xe9'\n", r".*demo/pyproject\.toml is no TOML: 'utf-8' codec .*"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem_for_whoever_asks(
    content: bytes | str | None, message: str, file: Path
) -> None:
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        file.mkdir()
    problem = read_project(file)
    assert isinstance(problem, Problem)
    assert re.fullmatch(message, problem.message)
    assert dependencies(file, ()) == group(file, "test") == Parsed(problems=(problem,))


@pytest.mark.parametrize(
    ("extras", "found"),
    [
        ((), ["click>=8"]),
        (("web.ui",), ["click>=8", "requests"]),
        (("all",), ["click>=8", "six", "requests", "idna"]),
    ],
)
def test_an_extra_may_take_in_other_extras_of_its_project(
    extras: tuple[str, ...], found: list[str], file: Path
) -> None:
    file.write_text(PROJECT)
    assert sorted(set(roots(dependencies(file, extras)))) == sorted(found)


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ("dynamic = ['dependencies']", "pyproject.toml leaves its dependencies to the build backend", "pexlite "),
        ("dependencies = ['a b']", "pyproject.toml, dependencies: 'a b' is no requirement: ", ""),
        ("name = 'demo'", "demo has no extra 'wep'", "it has no extras at all"),
        ("optional-dependencies.web = []", "demo has no extra 'wep'", "did you mean web?"),
        ("optional-dependencies = {b = [], a = []}", "demo has no extra 'wep'", "its extras are a, b"),
        ("optional-dependencies.wep = ['a b']", "pyproject.toml, extra wep: 'a b' is no requirement: ", ""),
    ],
)
def test_dependencies_that_cannot_be_had_are_a_problem(table: str, message: str, hint: str, file: Path) -> None:
    file.write_text(f"[project]\n{table}\n")
    problem = dependencies(file, ("wep",)).problems[0]
    assert message in problem.message
    assert hint in (problem.hint or "")


@pytest.mark.parametrize("dynamic", ["dynamic = ['optional-dependencies']", ""])
def test_an_extra_that_is_told_elsewhere_is_no_problem(dynamic: str, file: Path) -> None:
    file.write_text(f"[project]\n{dynamic}\n" if dynamic else "")
    assert dependencies(file, ("web",)) == Parsed()


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("test = ['a b']", "the dependency group 'test' cannot be read: "),
        ("test = 'pytest'", "the dependency group 'test' cannot be read: "),
        ("test = [5]", "the dependency group 'test' cannot be read: "),
        ("test = [{include = 'lint'}]", "the dependency group 'test' cannot be read: "),
        ("test = [{include-group = 'lint'}]", "the dependency group 'test' cannot be read: "),
        ("test = [{include-group = 'test'}]", "the dependency group 'test' cannot be read: "),
        ("test = []\nTest = []", "the dependency group 'test' cannot be read: "),
        ("tests = []", "has no dependency group 'test'"),
        ("", "has no dependency group 'test'"),
    ],
)
def test_a_group_that_cannot_be_had_is_a_problem(groups: str, message: str, file: Path) -> None:
    file.write_text(f"[dependency-groups]\n{groups}\n")
    found = group(file, "test")
    assert found.roots == ()
    assert message in found.problems[0].message


def test_requirements_of_a_group_know_the_file_and_the_group(file: Path) -> None:
    file.write_text("[dependency-groups]\nTest = ['pytest', {include-group = 'lint'}]\nlint = ['ruff']\n")
    found = group(file, "test")
    assert roots(found) == ["pytest", "ruff"]
    assert {(root.origin, root.written_in) for root in found.roots} == {("pyproject.toml, group test", file)}
