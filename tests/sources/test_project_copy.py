from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import quote

import pytest

from pexlite.errors import ProjectBuildError
from pexlite.sources.project_copy import copy_project, original_url
from pexlite.sources.projects import Builder
from tests.factories import make_project, written
from tests.repositories import committed, git


def files_in(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_what_earlier_builds_and_tools_left_stays_out(tmp_path: Path, scratch: Path) -> None:
    kept = {"build/tool.py", "demo/build/lib/x.py", "demo/x.py", "a/b/c.egg-info/PKG-INFO"}
    stale = [
        "app.pex",
        "build/lib/x.py",
        "build/bdist.linux/x",
        "build/temp.linux/x.o",
        "build/lib.linux-x86_64/x.so",
    ]
    stale += ["demo.egg-info/SOURCES.txt", "src/demo.egg-info/SOURCES.txt", "demo/__pycache__/x.pyc", "demo/x.pyc"]
    stale += [".venv/pyvenv.cfg", ".venv/x.py", "demo/env/pyvenv.cfg", ".tox/x", "node_modules/x.js"]
    source = written(tmp_path / "source", *kept, *stale)
    assert files_in(copy_project(source, scratch)) == kept


def test_links_stay_links(tmp_path: Path, scratch: Path) -> None:
    source = written(tmp_path / "source", "demo/x.py")
    (source / "link.py").symlink_to("demo/x.py")
    (source / "lost").symlink_to("nowhere")
    copy = copy_project(source, scratch)
    assert (copy / "link.py").readlink() == Path("demo/x.py")
    assert (copy / "lost").is_symlink()


@pytest.mark.parametrize("inside", ["", "packages/app"])
def test_git_tells_in_the_copy_what_it_tells_in_the_original(inside: str, tmp_path: Path, scratch: Path) -> None:
    repository = written(tmp_path / "repository", "README.md", "libs/x/x.py", "packages/other/x.py")
    written(repository / inside, "app.py")
    committed(repository, "3.4")
    project = repository / inside
    copy = copy_project(project, scratch)
    for question in (["describe", "--tags", "--dirty"], ["status", "--porcelain", "-uno"], ["rev-parse", "HEAD"]):
        assert git(copy, *question) == git(project, *question)
    (copy / "app.py").write_text("changed")
    assert git(copy, "describe", "--tags", "--dirty") == "3.4-dirty"
    git(copy, "add", ".")
    assert git(repository, "status", "--porcelain") == ""
    top = copy.joinpath(*[".."] * len(Path(inside).parts))
    assert (top / "README.md").read_text() == (repository / "README.md").read_text()


def test_a_changed_project_is_a_changed_one_in_the_copy(tmp_path: Path, scratch: Path) -> None:
    project = written(tmp_path / "project", "app.py")
    committed(project, "3.4")
    (project / "app.py").write_text("changed")
    assert git(copy_project(project, scratch), "describe", "--tags", "--dirty") == "3.4-dirty"


def test_a_worktree_has_its_history_too(tmp_path: Path, scratch: Path) -> None:
    main = written(tmp_path / "main", "app.py")
    committed(main, "3.4")
    git(main, "worktree", "add", "-q", str(tmp_path / "tree"), "HEAD")
    assert git(copy_project(tmp_path / "tree", scratch), "describe", "--tags") == "3.4"


@pytest.mark.parametrize("entry", ["", "."])
def test_git_is_the_one_on_path_and_none_in_the_repository(
    entry: str, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = written(tmp_path / "checkout", "pack/pyproject.toml", "neighbour.txt")
    (repository / "git").write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    (repository / "git").chmod(0o755)
    committed(repository, "3.4")
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", f"{entry}:{os.environ['PATH']}")
    copy_project(repository / "pack", scratch)
    assert not (tmp_path / "ran").exists()


def test_a_backend_can_ask_git_for_the_version(builder: Builder, tmp_path: Path) -> None:
    project = make_project(tmp_path / "repository" / "packages", "demo", files={"demo/__init__.py": ""})
    backend = (project / "backend.py").read_text()
    asks = 'version = os.popen("git describe --tags --dirty").read().strip()'
    (project / "backend.py").write_text(backend.replace("    info =", f"    {asks}\n    info =", 1))
    committed(tmp_path / "repository", "3.4")
    assert str(builder.build_project(project).version) == "3.4"
    assert git(project, "status", "--porcelain") == ""


def test_a_copy_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectBuildError, match="could not be copied"):
        copy_project(written(tmp_path / "source", "x.py"), tmp_path / "source" / "x.py")


@pytest.mark.parametrize(
    ("written", "original"),
    [
        ("file://{copy}/vendored", "file://{source}/vendored"),
        ("file://{copy}/../core", "file://{above}/core"),
        ("file://{copy}/../../../core", "file://{top}/core"),
        ("file://{copy}/../my%20code", "file://{above}/my%20code"),
        ("file://{copy}/../my code", "file://{above}/my%20code"),
        ("file:../core", "file://{above}/core"),
        ("file://{copy}/x.zip#subdirectory=a", "file://{source}/x.zip#subdirectory=a"),
        ("file:///elsewhere/core", "file:///elsewhere/core"),
    ],
)
@pytest.mark.parametrize("temporary", ["scratch", "link"])
def test_places_in_and_beside_a_copy_are_those_of_the_original(
    temporary: str, written: str, original: str, tmp_path: Path, scratch: Path
) -> None:
    source = make_project(tmp_path / "here, with blanks" / "inside", "app")
    (tmp_path / "link").symlink_to(scratch)
    copy = copy_project(source, tmp_path / temporary)
    places = {"source": source, "above": source.parent, "top": tmp_path}
    found = original_url(written.format(copy=copy), copy, tmp_path / temporary, source)
    assert found == original.format(**{name: quote(str(place)) for name, place in places.items()})
    assert " " not in str(copy.relative_to(tmp_path))  # an option for a compiler ends at a blank


def test_sockets_and_pipes_of_running_programs_stay_out(tmp_path: Path, scratch: Path) -> None:
    source = written(tmp_path / "source", "app.py")
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(source / "socket"))
        copy = copy_project(source, scratch)
    assert [path.name for path in copy.iterdir()] == ["app.py"]
