"""Code that is local by intent is never taken from an index: a stranger of its name lies there in each of these.

Every way of naming local code is a row, tried with either resolver: ours goes in, or the build says of whom it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import PexliteError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build
from tests.factories import make_project, make_wheel, write_files
from tests.repositories import committed

pytestmark = pytest.mark.usefixtures("bare_machine")

both = pytest.mark.parametrize("resolver", ["uv", "pip"])
OURS, STRANGER = "1.0", "9.0"


@dataclass(frozen=True)
class Scene:
    """A directory to build in, with an index beside it where strangers lie."""

    directory: Path

    @property
    def links(self) -> Path:
        return self.directory / "links"

    def project(self, place: str, *tables: str, requires: tuple[str, ...] = (), **more: Any) -> Path:
        """The project at `place`, called like its last directory, with `tables` at the end of pyproject.toml."""
        where = self.directory / place
        made = make_project(
            where.parent, where.name, OURS, files={f"{where.name}.py": ""}, requires=requires, **more
        )
        with (made / "pyproject.toml").open("a") as file:
            file.write("\n".join(["", *tables, ""]))
        return made

    def build(self, resolver: str, **more: Any) -> BuildResult:
        """A build of the requests `more`, by default from the strangers' directory alone."""
        settings: dict[str, Any] = {"index": IndexSettings(no_index=True, find_links=(str(self.links),))}
        return build(
            BuildRequest(directory=self.directory, resolver=resolver, output=Path("x.pex"), **(settings | more))
        )


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A machine whose index has strangers called core and app."""
    made = Scene(tmp_path / "here")
    made.links.mkdir(parents=True)
    for name in ("core", "app"):
        make_wheel(made.links, name, STRANGER)
    return made


def version_of(result: BuildResult, name: str) -> str:
    return next((wheel.version for wheel in result.wheels if wheel.name == name), "not there")


# -- requirements files --------------------------------------------------------------------------

LINES = [
    "-e core",
    "-ecore",
    "--editable core",
    "--editable=core",
    "-e core[more]",
    "-e core ; python_version > '3'",
    "-e ./core",
    "-e core/",
    "./core",
    "core/",
    "core @ ./core",
    "core @ file:core",
    "-e my code/core",
    "-e 'my code/core'",
    "./my code/core",
    "./my code/core ; python_version > '3'",
    "-e core @ ./core",
]


@both
@pytest.mark.parametrize("line", LINES)
def test_a_directory_in_a_requirements_file_is_that_directory(line: str, resolver: str, scene: Scene) -> None:
    for place in ("core", "my code/core"):
        scene.project(place)
    write_files(scene.directory, {"requirements.txt": f"{line}\n"})
    assert version_of(scene.build(resolver, requirement_files=("requirements.txt",)), "core") == OURS


@both
@pytest.mark.parametrize("line", ["-e core", "./core", "core @ file:core", "-r more.txt"])
def test_it_may_lie_beside_a_file_that_is_elsewhere(line: str, resolver: str, scene: Scene) -> None:
    scene.project("else where/core")
    texts = {"else where/requirements.txt": f"{line}\n", "else where/more.txt": "-e core\n"}
    write_files(scene.directory, texts)
    named = ("else where/requirements.txt",)
    assert version_of(scene.build(resolver, requirement_files=named), "core") == OURS


@pytest.mark.parametrize("line", ["-e core", "-e nowhere[more]"])
def test_an_editable_that_is_not_here_is_no_project_of_the_index(line: str, scene: Scene) -> None:
    write_files(scene.directory, {"requirements.txt": f"{line}\n"})
    with pytest.raises(PexliteError, match=r"requirements.txt line 1: there is no (core|nowhere)") as caught:
        scene.build("pip", requirement_files=("requirements.txt",))
    assert "-e takes a directory or a repository" in (caught.value.hint or "")


SAID = [
    ("core", {"core/pyproject.toml": ""}, "for the directory here: ./core"),
    ("core", {"core/__init__.py": ""}, "for the directory here: ./core"),
    ("core", {"core/deep.py": ""}, "for the directory here: -D core"),
    ("core", {"core.py": ""}, "for the file here: ./core.py"),
    ("core[more]", {"core/__init__.py": ""}, "for the directory here: ./core[more]"),
    ("core ; python_version > '3'", {"core/deep.py": ""}, "for the directory here: -D core"),
]


@pytest.mark.parametrize(("line", "files", "words"), SAID)
def test_a_name_alone_in_a_file_is_the_index_s_as_for_pip_and_that_is_said(
    line: str, files: dict[str, str], words: str, scene: Scene
) -> None:
    write_files(scene.directory, {"requirements.txt": f"{line}\n", **files})
    result = scene.build("pip", requirement_files=("requirements.txt",))
    assert f"core is the index's project; {words}" in result.notices


@pytest.mark.parametrize("line", ["core==9.0", "core"])
def test_a_version_and_a_directory_without_code_need_no_word(line: str, scene: Scene) -> None:
    code = "core/deep.py" if "=" in line else "core/data.csv"
    write_files(scene.directory, {"requirements.txt": f"{line}\n", code: ""})
    result = scene.build("pip", requirement_files=("requirements.txt",))
    assert not [notice for notice in result.notices if "index's" in notice]


@both
def test_what_is_named_by_its_path_too_goes_in_and_needs_no_word(resolver: str, scene: Scene) -> None:
    scene.project("core")
    write_files(scene.directory, {"requirements.txt": "core\n"})
    result = scene.build(resolver, requirements=("./core",), requirement_files=("requirements.txt",))
    assert version_of(result, "core") == OURS
    assert not [notice for notice in result.notices if "index's" in notice]


# -- words of the command line -------------------------------------------------------------------

WORDS = [
    ("core", r"core is a directory here, and may be a project of the index"),
    ("Core", r"Core is the index's project; for the directory here: -D core"),
    ("core[more]", r"core is the index's project; for the directory here: -D core"),
    ("core ; python_version > '3'", r"core is the index's project; for the directory here: -D core"),
]


@both
@pytest.mark.parametrize(("word", "words"), WORDS)
def test_a_directory_without_init_is_a_reading_of_its_name_too(
    word: str, words: str, resolver: str, scene: Scene
) -> None:
    write_files(scene.directory, {"core/deep.py": ""})
    try:
        said = scene.build(resolver, requirements=(word,)).notices
    except PexliteError as problem:
        said = (problem.message,)
    assert any(re.search(words, notice) for notice in said), said


# -- a project's own files -----------------------------------------------------------------------

PLACES = [
    "core @ {root:uri}/../core",
    "core @ {root:parent:uri}/core",
    "core @ file://{root}/../core",
    "core @ file:///${PROJECT_ROOT}/../core",
    "core @ file:../core",
]


@both
@pytest.mark.parametrize("way", ["file", "group"])
@pytest.mark.parametrize("line", PLACES)
def test_what_hatch_and_pdm_call_the_root_is_the_project_s_directory(
    line: str, way: str, resolver: str, scene: Scene
) -> None:
    scene.project("my code/core")
    scene.project("my code/app", f"[dependency-groups]\ndev = ['{line}']", requires=(line,))
    named: dict[str, Any] = {"requirement_files": ("my code/app/pyproject.toml",)}
    if way == "group":
        named = {"groups": ("my code/app/pyproject.toml:dev",)}
    assert version_of(scene.build(resolver, **named), "core") == OURS


WORKSPACE = "[tool.uv.workspace]\nmembers = ['core', 'app']\n[tool.uv.sources]\ncore = { workspace = true }"
SOURCES: dict[str, list[str]] = {
    "uv, path": ["[tool.uv.sources]\nCore = { path = '../core', editable = true }"],
    "uv, url": ["[tool.uv.sources]\ncore = { url = 'CORE' }"],
    "uv, git": ["[tool.uv.sources]\ncore = { git = 'HERE', subdirectory = 'core' }"],
    "uv, workspace": ["[tool.uv.sources]\ncore = { workspace = true }"],
    "poetry, path": ["[tool.poetry.dependencies]\ncore = { path = '../core', develop = true }"],
    "poetry, path of a wheel": ["[tool.poetry.dependencies]\ncore = { path = '../wheels/WHEEL' }"],
    "poetry, git": ["[tool.poetry.dependencies]\ncore = { git = 'HERE', subdirectory = 'core' }"],
    "poetry, url": ["[tool.poetry.dependencies]\ncore = { url = 'CORE' }"],
    "poetry, for a Python": ["[tool.poetry.dependencies]\ncore = [{ path = '../core', python = '>=3.4,^3.5' }]"],
    "poetry, with a marker": [
        "[[tool.poetry.dependencies.core]]\npath = '../core'\nmarkers = \"sys_platform != 'win32'\"",
        "[[tool.poetry.dependencies.core]]\npath = '../elsewhere'\nplatform = 'win32'",
    ],
}


@both
@pytest.mark.parametrize("way", SOURCES)
def test_a_source_that_a_tool_s_table_names_is_followed(way: str, resolver: str, scene: Scene) -> None:
    scene.project("core")
    (scene.directory / "wheels").mkdir()
    wheel = make_wheel(scene.directory / "wheels", "core", OURS)
    words = {"HERE": scene.directory.as_uri(), "CORE": wheel.as_uri(), "WHEEL": wheel.name}
    text = "\n".join(SOURCES[way])
    for word, value in words.items():
        text = text.replace(word, value)
    scene.project("app", text, requires=("core",))
    write_files(scene.directory, {"pyproject.toml": WORKSPACE if "workspace" in way else ""})
    if "git" in way:
        committed(scene.directory)
    assert version_of(scene.build(resolver, requirements=("./app",)), "core") == OURS


@both
def test_the_table_of_a_repository_is_uv_s_to_follow_and_pip_says_so(resolver: str, scene: Scene) -> None:
    code = Scene(scene.directory / "code")
    code.project("core")
    code.project("app", "[tool.uv.sources]\ncore = { path = '../core' }", requires=("core",))
    committed(code.directory)
    said: list[str] = []
    index = IndexSettings(no_index=True, find_links=(str(scene.links),))
    request = BuildRequest(
        directory=scene.directory,
        requirements=(f"app @ git+{code.directory.as_uri()}#subdirectory=app",),
        resolver=resolver,
        index=index,
        output=Path("x.pex"),
    )
    result = build(request, lambda step: said.append(step.message))
    words = [one for one in said if "says where core is, which pip does not read" in one]
    assert (version_of(result, "core"), len(words)) == ((OURS, 0) if resolver == "uv" else (STRANGER, 1))


UNREAD = {
    "nowhere": ("core = { path = '../nowhere' }", "core is to come from .*nowhere, which is not there"),
    "a Python": ("core = [{ path = '../core', python = '3.8 || 3.9' }]", "counts on Python 3.8 || 3.9"),
    "two": ("core = { path = '../core', git = 'https://a.test/core' }", "is none that is known here"),
}


@pytest.mark.parametrize("way", UNREAD)
def test_one_that_cannot_be_followed_ends_the_build_by_name(way: str, scene: Scene) -> None:
    line, message = UNREAD[way]
    scene.project("app", f"[tool.poetry.dependencies]\n{line}", requires=("core",))
    with pytest.raises(PexliteError, match=message.replace("|", r"\|")):
        scene.build("pip", requirements=("./app",))


@both
def test_a_group_that_names_its_own_project_means_the_project(resolver: str, scene: Scene) -> None:
    scene.project("app", "[dependency-groups]\ndev = ['App']")
    assert version_of(scene.build(resolver, groups=("app/pyproject.toml:dev",)), "app") == OURS
    assert version_of(scene.build(resolver, requirements=("./app",), groups=("dev",)), "app") == OURS


def test_extras_that_name_each_other_in_a_circle_never_name_the_index_s_project(scene: Scene) -> None:
    extras = [
        "[project.optional-dependencies]",
        "all = ['app[a,b]']",
        "a = ['app[all]', 'core @ file:../core']",
        "b = ['app[b]', 'app[a] ; python_version < \"3\"']",
    ]
    scene.project("core")
    scene.project("app", *extras)
    result = scene.build("pip", requirement_files=("app/pyproject.toml",), extras=("all",))
    assert [wheel.name for wheel in result.wheels] == ["core"]
