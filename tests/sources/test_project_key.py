"""A project is built again only where something that its wheel is made from has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.sources.project_key import project_key

PROJECT = """
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "it"
version = "1"
"""


def make(directory: Path, settings: str = PROJECT) -> Path:
    (directory / "it").mkdir(parents=True)
    (directory / "pyproject.toml").write_text(settings)
    (directory / "it" / "__init__.py").write_text("x = 1\n")
    return directory


def test_the_same_content_elsewhere_has_the_same_key(tmp_path: Path) -> None:
    one, other = make(tmp_path / "a" / "it"), make(tmp_path / "b" / "it")
    assert project_key(one, one) == project_key(other, other) is not None


def edit(project: Path) -> None:
    (project / "it" / "__init__.py").write_text("x = 2\n")


def add(project: Path) -> None:
    (project / "it" / "data.txt").write_text("")


def rename(project: Path) -> None:
    (project / "it" / "__init__.py").rename(project / "it" / "other.py")


def make_executable(project: Path) -> None:
    (project / "it" / "__init__.py").chmod(0o755)


def set_version(project: Path) -> None:
    (project / "pyproject.toml").write_text(PROJECT.replace('"1"', '"2"'))


def ignore_above(project: Path) -> None:
    (project.parent / ".gitignore").write_text("*.txt\n")


@pytest.mark.parametrize("change", [edit, add, rename, make_executable, set_version, ignore_above])
def test_any_change_changes_the_key(change: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    project = make(tmp_path / "it")
    before = project_key(project, project)
    change(project)
    assert before is not None
    assert project_key(project, project) not in (before, None)


DOUBTFUL = [
    "",
    PROJECT.replace('"hatchling>=1.27"', '"hatchling", "hatch-vcs"'),
    PROJECT.replace('"hatchling>=1.27"', '"some-backend"'),
    PROJECT.replace("[project]", 'backend-path = ["."]\n[project]'),
    PROJECT + '[tool.hatch.build.hooks.custom]\npath = "x.py"\n',
    PROJECT + "[tool.hatch.build.targets.wheel.hooks.vcs]\n",
    PROJECT + '[tool.hatch.version]\nsource = "code"\npath = "it/__init__.py"\n',
    PROJECT + '[tool.hatch.build.targets.wheel.force-include]\n"../other" = "other"\n',
    PROJECT.replace("hatchling>=1.27", "setuptools") + '[tool.setuptools.dynamic]\nversion = {attr = "it.x"}\n',
    PROJECT.replace("hatchling>=1.27", "setuptools") + '[[tool.setuptools.ext-modules]]\nname = "a"\n',
    PROJECT.replace("hatchling>=1.27", "poetry-core") + '[tool.poetry.build]\nscript = "build.py"\n',
    # These become paths of this machine in the wheel.
    PROJECT + 'dependencies = ["core @ {root:uri}/core"]\n',
    PROJECT + 'dependencies = ["core @ file:core"]\n',
    PROJECT.replace("hatchling>=1.27", "poetry-core")
    + '[tool.poetry.dependencies]\ncore = { develop = true, path = "core" }\n',
    "not toml",
]


@pytest.mark.parametrize("settings", DOUBTFUL)
def test_whatever_could_bring_in_more_than_files_is_built_each_time(settings: str, tmp_path: Path) -> None:
    project = make(tmp_path / "it", settings)
    assert project_key(project, project) is None


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg", "hatch_build.py"])
def test_a_project_with_programs_of_its_own_is_built_each_time(name: str, tmp_path: Path) -> None:
    project = make(tmp_path / "it")
    (project / name).write_text("")
    assert project_key(project, project) is None


def test_links_are_not_trusted(tmp_path: Path) -> None:
    project = make(tmp_path / "it")
    (project / "it" / "linked.py").symlink_to(tmp_path / "elsewhere.py")
    assert project_key(project, project) is None


@pytest.mark.parametrize(
    "settings",
    [
        "build-system = 5",
        "build-system.requires = 5",
        "build-system.requires = [5]",
        'build-system.requires = ["hatchling=1"]',
        'tool = 5\nbuild-system.requires = ["poetry-core"]\nbuild-system.backend-path = ["."]',
    ],
)
def test_settings_that_no_backend_understands_have_no_key(settings: str, tmp_path: Path) -> None:
    project = make(tmp_path / "it", settings)
    assert project_key(project, project) is None
