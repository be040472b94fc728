"""Of a package directory goes in what is meant: nothing hidden, nothing from elsewhere, unless it is asked for."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build as build_file
from pexlite.sources.source_tree import Reason, files_of
from tests.factories import make_project, written


def names(package: Path, *included: str) -> list[str]:
    return [name for name, _ in files_of(package, included=included).files]


HIDDEN = [".env", ".netrc", ".ssh/key", ".git/config", "part/.secret", ".venv/pyvenv.cfg", ".config/app.toml"]
BUILT = ["old.pex", "part/tool.pyz"]
INSTALLED = ["node_modules/x/index.js", "env/pyvenv.cfg", "env/lib/x.py", "web/node_modules/y.js"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with hidden files, installed ones, and links within it and out of it."""
    package = written(tmp_path / "pkg", "__init__.py", "part/data.txt", *HIDDEN, *INSTALLED, *BUILT)
    written(tmp_path / "outside", "other.txt")
    for name, target in {
        "data": "../outside",
        "environment": "/proc/self/environ",
        "account": str(tmp_path / "outside" / "other.txt"),
        "same": "part",
        "secret.txt": ".env",
        "config": ".config",
    }.items():
        (package / name).symlink_to(target)
    return package


MEANT = ["__init__.py", "part/data.txt", "same/data.txt"]


def test_hidden_installed_and_outside_files_stay_out_and_are_named(package: Path) -> None:
    found = files_of(package)
    assert [name for name, _ in found.files] == MEANT
    by_reason = {reason: [name for name, why in found.left_out if why is reason] for reason in Reason}
    assert by_reason[Reason.HIDDEN] == sorted(
        [
            *(".config", ".env", ".git", ".netrc", ".ssh", ".venv"),
            "config",
            "part/.secret",
            "same/.secret",
            "secret.txt",
        ]
    )
    assert by_reason[Reason.OUTSIDE] == ["account", "data", "environment"]
    assert by_reason[Reason.INSTALLED] == ["env", "node_modules", "web/node_modules"]
    assert by_reason[Reason.BUILT] == [*BUILT, "same/tool.pyz"]
    (words,) = found.words("pkg")
    assert words.startswith(
        "left out of pkg/, which --include PATTERN takes: hidden: .config, .env, .git, .netrc and"
    )
    assert "links that lead out of it: account, data, environment" in words


def test_a_package_without_any_of_these_says_nothing(tmp_path: Path) -> None:
    package = written(tmp_path / "pkg", "__init__.py", "__pycache__/x.pyc", ".mypy_cache/x.json", ".DS_Store")
    found = files_of(package)
    assert [name for name, _ in found.files] == ["__init__.py"]
    assert found.words("pkg") == ()


@pytest.mark.parametrize(
    ("patterns", "more"),
    [
        ([".env"], [".env"]),
        ([".ssh"], [".ssh/key"]),
        ([".ssh/*"], [".ssh/key"]),
        ([".config/", "part/.*"], [".config/app.toml", "part/.secret"]),
        (["data"], ["data/other.txt"]),
        (["data/*"], []),
        (["secret.txt", "config"], ["config/app.toml", "secret.txt"]),
        (["*.js"], ["node_modules/x/index.js", "web/node_modules/y.js"]),
        (["data.txt"], []),
    ],
)
def test_a_pattern_takes_what_it_names_and_all_in_it(package: Path, patterns: list[str], more: list[str]) -> None:
    assert names(package, *patterns) == sorted([*MEANT, *more])


def test_only_patterns_that_took_something_count_as_used(package: Path) -> None:
    assert files_of(package, included=[".env", "data.txt", ".nothing"]).matched == {".env"}


def test_of_a_directory_that_goes_in_by_half_the_rest_is_named(package: Path) -> None:
    written(package, ".config/token")
    left = dict(files_of(package, included=["*/app.toml"]).left_out)
    assert ".config/token" in left
    assert ".config" not in left


@pytest.mark.parametrize("included", [(), ("*",), ("pipe", "lost", "to_pipe")])
def test_what_has_no_content_goes_in_by_no_pattern(included: tuple[str, ...], tmp_path: Path) -> None:
    package = written(tmp_path / "pkg", "__init__.py")
    (package / "round").symlink_to(".")
    (package / "lost").symlink_to("nowhere")
    (package / "to_pipe").symlink_to("pipe")
    os.mkfifo(package / "pipe")
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(os.path.relpath(package / "socket"))
    found = files_of(package, included=included)
    assert [name for name, _ in found.files] == ["__init__.py"]
    special = [(name, Reason.SPECIAL) for name in ("pipe", "socket", "to_pipe")]
    assert found.left_out == (("lost", Reason.NOWHERE), *special)
    [words] = found.words("pkg")
    assert "lost" in words and "pipe" in words and "--include" not in words


# -- whole builds --------------------------------------------------------------------------------


def build(directory: Path, *inputs: str, **more: Any) -> BuildResult:
    index = IndexSettings(no_index=True)
    output = Path("x.pex")
    return build_file(BuildRequest(directory=directory, requirements=inputs, index=index, output=output, **more))


WAYS: list[dict[str, Any]] = [
    {"inputs": ["./pkg"]},
    {"source_directories": (Path("tree"),)},
    {"entry_point": "pkg"},
]


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize("way", WAYS, ids=["package", "tree", "entry point"])
def test_whatever_names_the_package_says_what_stayed_out(way: dict[str, Any], tmp_path: Path) -> None:
    written(tmp_path / "pkg", "__init__.py", "__main__.py", ".env")
    written(tmp_path / "tree", "pkg/__init__.py", "pkg/.env")
    asked = {name: value for name, value in way.items() if name != "inputs"}
    result = build(tmp_path, *way.get("inputs", ()), **asked)
    assert [notice for notice in result.notices if "hidden: " in notice and ".env" in notice]
    result = build(tmp_path, *way.get("inputs", ()), **asked, included=(".env", ".absent"))
    assert not [notice for notice in result.notices if "left out" in notice]
    assert "--include .absent: nothing that stays out is called so" in result.notices


@pytest.mark.usefixtures("bare_machine")
def test_a_build_backend_decides_for_a_project_and_what_may_not_be_meant_is_named(tmp_path: Path) -> None:
    project = make_project(tmp_path, "mine", files={"mine/__init__.py": "", "mine/.env": "x", "mine/a.txt": ""})
    (tmp_path / "outside.txt").write_text("x")
    (project / "mine" / "b.txt").symlink_to("a.txt")
    (project / "mine" / "c.txt").symlink_to(tmp_path / "outside.txt")
    notices = build(tmp_path, "./mine").notices
    assert "the build backend of mine put in hidden files: mine/.env" in notices
    assert "the build backend of mine put in files that links lead to out of it: mine/c.txt" in notices
