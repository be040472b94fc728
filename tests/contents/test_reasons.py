"""A graph is told as a tree that ends, and as the shortest ways to a project."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.archive.reader import read_manifest
from pexlite.cli.main import run
from pexlite.contents.read import read_contents
from pexlite.contents.reasons import tree, ways_to
from pexlite.contents.values import Dependency, FileContents
from tests.bundles import bundle_file, function
from tests.contents.values import held
from tests.factories import make_wheel


@pytest.fixture
def file(tmp_path: Path) -> Path:
    wheels = [
        make_wheel(tmp_path, "app", files={"app.py": "def main(): pass\n"}, requires=["core[fast]>=1", "idna"]),
        make_wheel(tmp_path, "core", "1.2", requires=["idna<4; extra == 'fast'", "app"], extras=["fast"]),
        make_wheel(tmp_path, "idna", "3.20", tag="cp311-cp311-manylinux_2_17_x86_64"),
        make_wheel(tmp_path, "alone"),
    ]
    return bundle_file(
        tmp_path / "app.pex", wheels, function("app", "main"), pythons=["cp311"], requirements=("app",)
    )


def said(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert run(list(words)) == 0
    return capsys.readouterr().out.splitlines()


def test_the_tree_shows_each_requirement_and_each_projects_own_ones_once(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(capsys, "info", str(file), "--tree")
    start = lines.index("  app 1.0")
    assert lines[start : start + 7] == [
        "  app 1.0",
        "  ├─ core[fast] 1.2  >=1",
        "  │  ├─ app 1.0 (*)",
        "  │  └─ idna 3.20  <4 by core[fast]",
        "  └─ idna 3.20",
        "  alone 1.0",
        "  (*) what it requires stands above",
    ]
    assert "  not on CPython 3.14: idna 3.20 has no wheel for CPython 3.14 here" in lines


def test_why_tells_the_ways_shortest_first(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, *ways = said(capsys, "info", str(file), "--why", "IDNA")
    assert ways == ["  app -> idna", "  app -> core[fast]>=1 -> idna<4"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("3.14", "  idna 3.20 has no wheel for CPython 3.14 here"),
        ("cp39", "  idna 3.20 has no wheel for CPython 3.9 here"),
        ("alone", "alone 1.0 "),
        ("3.11", "nothing is known that would keep"),
    ],
)
def test_why_tells_what_keeps_the_file_from_a_python(
    file: Path, capsys: pytest.CaptureFixture[str], name: str, line: str
) -> None:
    assert [one for one in said(capsys, "info", str(file), "--why", name) if one.startswith(line)]


def test_a_project_that_is_not_there_is_an_error_with_the_nearest(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", str(file), "--why", "idn"]) == 2
    assert "did you mean idna?" in capsys.readouterr().err


def test_several_files_are_told_one_after_the_other(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "info", str(file), str(file)).count(str(file)) == 2
    several = json.loads("\n".join(said(capsys, "info", str(file), str(file), "--json", "--tree")))
    assert [one["path"] for one in several] == [str(file)] * 2
    assert several[0]["limits"][0]["place"] == "CPython 3.9"


@pytest.fixture
def contents(file: Path) -> FileContents:
    return read_contents(file)


def test_a_chain_of_any_length_and_circles_end(contents: FileContents) -> None:
    chain = tuple(Dependency(f"p{n}" if n else "", f"p{n + 1}", f"p{n + 1}") for n in range(5000))
    circle = (*chain, Dependency("p5000", "p1", "p1"), Dependency("p5000", "p5000", "p5000"))
    deep = replace(contents, wheels=tuple(held(f"p{n}") for n in range(1, 5001)), dependencies=circle)
    assert len(list(tree(deep))) == 5002
    [first, *_] = ways_to(deep, "p1")
    assert [one.name for one in first] == ["p1"]
    assert len(ways_to(deep, "p5000")) == 2


def test_ways_of_a_circle_to_which_nothing_leads_end(contents: FileContents) -> None:
    lost = replace(
        contents,
        wheels=(held("a"), held("b")),
        dependencies=(Dependency("a", "b", "b"), Dependency("b", "a", "a")),
    )
    assert [[one.name for one in way] for way in ways_to(lost, "a")] == [["a"]]


def test_a_wheel_that_is_damaged_is_named_and_the_rest_is_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = next(one for one in read_manifest(file).wheels if one.filename.startswith("core"))
    content = bytearray(file.read_bytes())
    content[wheel.offset + wheel.size - 30 : wheel.offset + wheel.size] = b"\xff" * 30
    file.write_bytes(content)
    lines = said(capsys, "info", str(file), "--tree")
    assert [line for line in lines if line.startswith("  unread: core-1.2-py3-none-any.whl: ")]
    assert "  └─ idna 3.20" in lines
