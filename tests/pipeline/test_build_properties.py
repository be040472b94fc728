"""A file says of itself what its builder wants it to, and which commit it was built from."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

import pexlite
from pexlite.cli.main import run
from pexlite.errors import UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build as build_file
from pexlite.pipeline.git_state import git_state
from tests import needs
from tests.factories import make_project, write_files

pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_files(tmp_path, {"job.py": "print('job')\n", "facts.json": '{"ticket": 12, "owner": "she"}'})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def build(directory: Path, **more: Any) -> BuildResult:
    index = IndexSettings(no_index=True)
    asked = {"executable": Path("job.py"), "index": index, "output": Path("x.pex"), **more}
    return build_file(BuildRequest(directory=directory, **asked))


def properties(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("PEX-INFO"))["build_properties"]
    assert found.pop("pexlite_version") == pexlite.__version__
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("bar", "bar"),
        ("", ""),
        ("a=b", "a=b"),
        ('["spam", 42]', ["spam", 42]),
        ("1.50", 1.5),
        ("NaN", "NaN"),
        ("ü", "ü"),
    ],
)
def test_a_value_is_json_or_else_a_text(text: str, value: object, work: Path) -> None:
    assert properties(build(work, build_properties=(("foo", text),)).path) == {"foo": value}


def test_files_json_and_single_ones_add_up_and_the_last_one_counts(work: Path) -> None:
    result = build(
        work,
        build_property_tables=('{"ticket": 1, "more": null}', "facts.json"),
        build_properties=(("owner", "he"),),
    )
    assert properties(result.path) == {"ticket": 12, "more": None, "owner": "he"}
    same = build(
        work, build_properties=(("owner", "he"), ("more", "null"), ("ticket", "12")), output=Path("y.pex")
    )
    assert same.path.read_bytes() == result.path.read_bytes()
    other = build(work, output=Path("z.pex"))
    assert other.build_id != result.build_id


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"build_property_tables": ("nowhere.json",)}, "nowhere.json cannot be read: no such file"),
        ({"build_property_tables": ("job.py",)}, "job.py is no JSON"),
        ({"build_property_tables": ('{"a": NaN}',)}, "NaN is no value"),
        ({"build_property_tables": ("{",)}, "--build-properties is no JSON"),
        ({"build_property_tables": ("list.json",)}, "list.json is JSON, but no object"),
        (
            {"build_properties": (("pexlite_version", "9"),)},
            "pexlite_version is one of the properties that are written anyway",
        ),
        ({"build_property_tables": ('{"git_state": "x"}',)}, "git_state is one of the properties"),
        ({"build_property_tables": ('{"a\\nb": 1}',)}, "is no name of a property"),
    ],
)
def test_what_is_no_property_is_refused(more: dict[str, Any], words: str, work: Path) -> None:
    write_files(work, {"list.json": "[1]"})
    with pytest.raises(UsageError) as found:
        build(work, **more)
    assert words in str(found.value)


def test_a_file_of_properties_is_no_output(work: Path) -> None:
    with pytest.raises(UsageError, match="is a source of this"):
        build(work, build_property_tables=("facts.json",), output=Path("facts.json"), force=True)


def test_info_tells_them_to_people_and_programs(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--build-property", "owner=she", "--build-property", "list=[1, {}]", "-o", "x.pex", "-q"]
    assert run(["--exe", "job.py", *words]) == 0
    assert run(["info", "x.pex"]) == 0
    said = capsys.readouterr().out
    assert "  property   list = [1, {}]\n  property   owner = she\n" in said
    assert run(["info", "x.pex", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["build_properties"]
    assert found == {"owner": "she", "list": [1, {}], "pexlite_version": pexlite.__version__}


def test_the_table_of_a_project_may_have_them(work: Path) -> None:
    project = make_project(work, "app", files={"app.py": "", "facts.json": '{"c": 3}'})
    with (project / "pyproject.toml").open("a") as file:
        file.write("[tool.pexlite]\nbuild-property = ['a=1']\nbuild-properties = ['facts.json', '{\"b\": 2}']\n")
    assert run(["./app", "--no-index", "-o", "x.pex", "-q"]) == 0
    assert properties(work / "x.pex") == {"a": 1, "b": 2, "c": 3}


# -- git ------------------------------------------------------------------------------------------


def git(directory: Path, *words: str) -> str:
    own = ["-c", "user.name=n", "-c", "user.email=n@localhost", "-c", "init.defaultBranch=main"]
    command = [needs.program("git"), *own, *words]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(work: Path) -> Path:
    git(work, "init", "-q")
    git(work, "add", "job.py")
    git(work, "commit", "-q", "-m", "first")
    return work


def test_the_state_has_pexs_words_and_says_whether_files_differ(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    clean = {"commit": commit, "description": commit[:10], "branch": "main", "tag": "", "dirty": False}
    assert git_state(checkout) == clean
    (checkout / "sub").mkdir()
    assert git_state(checkout / "sub") == clean
    git(checkout, "tag", "v1")
    assert git_state(checkout) == clean | {"tag": "v1", "description": "v1"}
    (checkout / "job.py").write_text("print('other')\n")
    assert git_state(checkout) == clean | {"tag": "v1", "description": "v1-dirty", "dirty": True}
    git(checkout, "commit", "-q", "-a", "-m", "second")
    git(checkout, "checkout", "-q", "--detach")
    found = git_state(checkout)
    assert (found["branch"], found["tag"], found["dirty"]) == ("", "", False)
    assert str(found["description"]).startswith("v1-1-g")


def test_the_file_has_it_and_is_the_same_for_the_same_commit(checkout: Path) -> None:
    first = build(checkout, record_git_state=True)
    assert properties(first.path) == {"git_state": git_state(checkout)}
    assert build(checkout, record_git_state=True, output=Path("y.pex")).sha256 == first.sha256


def test_only_the_checkout_itself_is_asked_and_no_program_beside_it(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = git_state(checkout)
    marker = tmp_path / "ran"
    for name in ("git", "spy"):
        write_files(checkout, {name: f"#!/bin/sh\ntouch '{marker}'\n"})
        (checkout / name).chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(checkout / "spy"))
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", os.environ["PATH"]]))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    assert git_state(checkout) == expected
    assert not marker.exists()


def test_without_a_commit_it_is_an_error_with_what_git_says(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs.program("git")
    with pytest.raises(UsageError, match="--record-git-state finds no commit in") as found:
        build(work, record_git_state=True)
    assert "not a git repository" in found.value.causes[0]
    git(work, "init", "-q")
    with pytest.raises(UsageError, match="finds no commit"):
        build(work, record_git_state=True)
    monkeypatch.setenv("PATH", str(work))
    with pytest.raises(UsageError, match="is not on PATH"):
        build(work, record_git_state=True)
