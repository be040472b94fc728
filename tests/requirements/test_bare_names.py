"""A bare word with something of its name here is that only where nothing else can be meant."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.errors import UsageError
from pexlite.model import BuildRequest, LocalKind, Specification
from pexlite.requirements.read import read_request
from tests.factories import write_files

MAIN = "def run():\n    pass\n"
# What is here, as files; "package" and the like are the words.
FILES = {
    "package/__init__.py": "",
    "package/main.py": MAIN,
    "package/sub/__init__.py": MAIN,
    "plain/main.py": MAIN,
    "project/pyproject.toml": '[project]\nname = "project"\n[project.scripts]\nproject = "project.main:run"\n',
    "project/project/main.py": MAIN,
    "source/setup.py": "",
    "source/src/inner/__init__.py": MAIN,
    "old/setup.py": "",
    "old/single.py": MAIN,
    "data/table.csv": "",
    "module.py": MAIN,
    "built": "#!/usr/bin/env python3\n",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return write_files(tmp_path, FILES)


def asked(here: Path, *inputs: str, **more: object) -> Specification:
    return read_request(replace(BuildRequest(directory=here, requirements=inputs), **more))  # type: ignore[arg-type]


POETRY = '[tool.poetry]\nname = "{}"\n[build-system]\nrequires = ["poetry-core"]\n'
HATCH = '[project]\nname = "{}"\n[build-system]\nrequires = ["hatchling>=1"]\nbuild-backend = "hatchling.build"\n'


@pytest.mark.parametrize(
    ("word", "table", "is_meant"),
    [
        ("app", HATCH.format("app"), True),
        ("my_app", HATCH.format("My.App"), True),
        ("app", POETRY.format("app") + '[tool.poetry.dependencies]\nlib = { path = "../lib" }\n', True),
        ("app", HATCH.format("another"), False),
        ("app", HATCH.format("app") + 'backend-path = ["."]\n', False),
        ("app", HATCH.format("app").replace("hatchling>=1", "backend-of-a-stranger"), False),
        ("app", HATCH.format("app") + "[tool.hatch.build.hooks.custom]\n", False),
        ("app", '[project]\nname = "app"\n', False),  # built by setuptools, which runs a setup.py
        ("app", "[project]\nname = 1\n", False),
        ("app", "project = 1\n", False),
        ("app", "[[project\n", False),
    ],
)
def test_the_project_of_that_name_is_meant_where_building_it_runs_no_code_of_its_own(
    word: str, table: str, is_meant: bool, tmp_path: Path
) -> None:
    (tmp_path / word).mkdir()
    (tmp_path / word / "pyproject.toml").write_text(table)
    if not is_meant:
        with pytest.raises(UsageError, match=f"{word} is a directory here"):
            asked(tmp_path, word)
        return
    found = asked(tmp_path, word)
    [source], [notice] = found.local, found.notices
    assert (source.kind, source.path, found.roots) == (LocalKind.PROJECT, tmp_path / word, ())
    assert f"'{word}>=0'" in notice
    (tmp_path / word / "setup.py").touch()
    with pytest.raises(UsageError, match=f"{word} is a directory here"):
        asked(tmp_path, word)


STARTED = [
    ("package", "package.main:run", LocalKind.PACKAGE),
    ("package", "package.sub:run", LocalKind.PACKAGE),
    ("package", "package.main", LocalKind.PACKAGE),
    ("plain", "plain.main:run", LocalKind.PACKAGE),
    ("project", "project.main:run", LocalKind.PROJECT),
    ("source", "inner:run", LocalKind.PROJECT),
    ("old", "single:run", LocalKind.PROJECT),
]


@pytest.mark.parametrize(("word", "entry_point", "kind"), STARTED)
def test_a_directory_that_the_entry_point_lies_in_is_meant_and_announced(
    word: str, entry_point: str, kind: LocalKind, here: Path
) -> None:
    # What -c names without a colon is a script.
    by_script = [asked(here, word, script=entry_point)] if ":" in entry_point else []
    for found in (asked(here, word, entry_point=entry_point), *by_script):
        [source] = found.local
        assert (source.kind, source.path) == (kind, here / word)
        assert found.roots == ()
        [notice] = found.notices
        assert notice.startswith(f"{word} is the directory here") and f"'{word}>=0'" in notice


@pytest.mark.parametrize(
    ("word", "entry_point", "script"),
    [
        ("package", None, None),
        ("package", "package.other:run", None),
        ("package", "package.main:other", None),
        ("package", "another.main:run", None),
        ("plain", "plain:run", None),
        ("project", None, "project"),  # a script that the index's project may have as well
        ("source", "source.inner:run", None),
        ("data", None, None),
        ("module", None, None),
        ("module", "module:run", None),
        ("module", None, "module:run"),
    ],
)
def test_where_both_can_be_meant_both_are_named(
    word: str, entry_point: str | None, script: str | None, here: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        asked(here, word, entry_point=entry_point, script=script)
    assert caught.value.message.startswith(f"{word} is a ")
    *local, index = re.findall("`(.*?)`", caught.value.hint or "")
    [root] = asked(here, *shlex.split(index)[1:]).roots
    assert (root.requirement.name, asked(here, *shlex.split(index)[1:]).local) == (word, ())
    assert bool(local) == (word != "data")
    for command in local:
        words = shlex.split(command)[1:]
        trees = (Path(words.pop()),) if "-D" in words else ()
        [source] = asked(here, *(word for word in words if word != "-D"), source_directories=trees).local
        assert source.path.stem == word


@pytest.mark.parametrize(
    ("text", "name", "noticed"),
    [
        ("project>=0", "project", False),
        ("project==1.0", "project", False),
        ("project[web]", "project", True),
        ("project[web]>=1", "project", False),
        ("module>=0", "module", False),
        ('project ; python_version > "3"', "project", True),
        ("package[web]", "package", True),
        ("elsewhere", "elsewhere", False),
        ("sub", "sub", False),
    ],
)
def test_with_a_version_or_extra_it_is_the_indexs(text: str, name: str, noticed: bool, here: Path) -> None:
    found = asked(here, text, entry_point="project.main:run")
    assert [root.requirement.name for root in found.roots] == [name]
    assert found.local == ()
    assert bool(found.notices) == noticed


def test_in_a_file_a_word_is_the_indexs(here: Path) -> None:
    (here / "requirements.txt").write_text("package\n")
    [root] = asked(here, requirement_files=("requirements.txt",)).roots
    assert root.requirement.name == "package"


def test_what_an_earlier_build_wrote_under_the_projects_name_is_no_other_reading(here: Path) -> None:
    [root] = asked(here, "built", output=Path("built")).roots
    assert root.requirement.name == "built"
    with pytest.raises(UsageError, match="built is a file here"):
        asked(here, "built", output=Path("another"))
