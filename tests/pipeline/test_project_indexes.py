"""A project's own indexes are asked as its tool would ask them, by either resolver, or the build says why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import ProjectBuildError, UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build
from tests.factories import make_project, make_wheel, write_files
from tests.index import serve
from tests.network.server import Server

pytestmark = pytest.mark.usefixtures("bare_machine")

both = pytest.mark.parametrize("resolver", ["uv", "pip"])
OURS, STRANGER = "1.0", "9.0"


@dataclass(frozen=True)
class World:
    """A public index with a stranger's core and deep, and one of our own with ours; only it has extra."""

    directory: Path
    public: str
    private: str

    def build(
        self, resolver: str, *tables: str, requires: tuple[str, ...] = ("core",), **more: Any
    ) -> BuildResult:
        app = make_project(self.directory, "app", files={"app.py": ""}, requires=requires)
        with (app / "pyproject.toml").open("a") as file:
            file.write(
                "\n".join(["", *tables, ""]).replace("PRIVATE", self.private).replace("PUBLIC", self.public)
            )
        settings: dict[str, Any] = {"index": IndexSettings()} | more
        request = BuildRequest(
            directory=self.directory, requirements=("./app",), resolver=resolver, output=Path("x.pex"), **settings
        )
        return build(request)


@pytest.fixture
def world(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name, version in (("public", STRANGER), ("private", OURS)):
        (tmp_path / name).mkdir()
        for project in ("core", "deep"):
            requires = ["deep"] if project == "core" else []
            make_wheel(tmp_path / name, project, version, requires=requires)
    make_wheel(tmp_path / "private", "extra", OURS)
    public, private = (serve(server, tmp_path / name, at=f"/{name}") for name in ("public", "private"))
    # What pip's configuration names is the index that everybody here is asked for by default.
    monkeypatch.setenv("PIP_INDEX_URL", public)
    (tmp_path / "here").mkdir()
    return World(tmp_path / "here", public, private)


def versions(result: BuildResult) -> dict[str, str]:
    return {wheel.name: wheel.version for wheel in result.wheels if wheel.name != "app"}


POETRY = "[[tool.poetry.source]]\nname = 'internal'\nurl = 'PRIVATE'\n"
PINNED = "[tool.poetry.dependencies]\ncore = { version = '*', source = 'internal' }"
PDM = "[[tool.pdm.source]]\nname = 'internal'\nurl = 'PRIVATE'\n"
UV = "[[tool.uv.index]]\nname = 'internal'\nurl = 'PRIVATE'\n"
ALL_OURS = {"core": OURS, "deep": OURS}
ONE_OURS = {"core": OURS, "deep": STRANGER}
NO_OURS = {"core": STRANGER, "deep": STRANGER}

ASKED: dict[str, tuple[list[str], dict[str, str]]] = {
    "uv, first": ([UV], ALL_OURS),
    "uv, default": ([UV + "default = true"], ALL_OURS),
    "uv, explicit": ([UV + "explicit = true", "[tool.uv.sources]\ncore = { index = 'internal' }"], ONE_OURS),
    "uv, the older words": (["[tool.uv]\nextra-index-url = ['PRIVATE']"], ALL_OURS),
    "uv, the older default": (["[tool.uv]\nindex-url = 'PRIVATE'"], ALL_OURS),
    "poetry, primary": ([POETRY], ALL_OURS),
    "poetry, primary by its name": ([POETRY + "priority = 'primary'"], ALL_OURS),
    "poetry, primary beside the public one": (
        [POETRY + "priority = 'primary'", "[[tool.poetry.source]]\nname = 'PyPI'\npriority = 'primary'"],
        NO_OURS,
    ),
    "poetry, supplemental": ([POETRY + "priority = 'supplemental'"], NO_OURS),
    "poetry, explicit": ([POETRY + "priority = 'explicit'", PINNED], ONE_OURS),
    "poetry, explicit and unnamed": ([POETRY + "priority = 'explicit'"], NO_OURS),
    "poetry, the public one for one": (
        [POETRY, "[tool.poetry.dependencies]\ncore = { version = '*', source = 'PyPI' }"],
        {"core": STRANGER, "deep": OURS},
    ),
    "pdm, all alike": ([PDM], NO_OURS),
    "pdm, in place of the public one": ([PDM.replace("internal", "pypi")], ALL_OURS),
    "pdm, for some": ([PDM + "include_packages = ['Core']"], ONE_OURS),
    "pdm, for a pattern": ([PDM + "include_packages = ['de*']"], {"core": STRANGER, "deep": OURS}),
    "pdm, never for some": (
        ["[[tool.pdm.source]]\nname = 'pypi'\nurl = 'PUBLIC'\nexclude_packages = ['co*']", PDM],
        {"core": OURS, "deep": STRANGER},
    ),
    "pdm, in order": (
        [
            PDM,
            "[[tool.pdm.source]]\nname = 'pypi'\nurl = 'PUBLIC'",
            "[tool.pdm.resolution]\nrespect-source-order = true",
        ],
        ALL_OURS,
    ),
}


@both
@pytest.mark.parametrize("way", ASKED)
def test_the_index_is_asked_as_its_tool_asks_it(way: str, resolver: str, world: World) -> None:
    tables, expected = ASKED[way]
    result = world.build(resolver, *tables)
    assert versions(result) == expected
    if expected != NO_OURS or "explicit" not in way:
        assert any(
            re.search(r"is heeded: .*(internal|pypi|private)|says: core from", one) for one in result.notices
        )


@both
@pytest.mark.parametrize("table", [POETRY + "priority = 'supplemental'", PDM, UV])
def test_a_project_that_only_this_index_has_comes_from_it(table: str, resolver: str, world: World) -> None:
    assert versions(world.build(resolver, table, requires=("extra",))) == {"extra": OURS}


# -- uv.toml -------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("place", ["here/app/uv.toml", "here/uv.toml"])
def test_a_uv_toml_beside_the_project_or_above_it_in_the_checkout_counts(
    place: str, resolver: str, world: World
) -> None:
    top = world.directory.parent
    write_files(top, {place: f"[[index]]\nname = 'internal'\nurl = '{world.private}'\n", "here/.git/HEAD": ""})
    result = world.build(resolver)
    assert versions(result) == ALL_OURS
    assert f"[[index]] in {top / place} is heeded: internal" in result.notices


def test_outside_of_a_checkout_no_directory_above_says_where_from(world: World) -> None:
    write_files(world.directory, {"uv.toml": f"[[index]]\nname = 'internal'\nurl = '{world.private}'\n"})
    assert versions(world.build("pip")) == NO_OURS


def test_beside_a_uv_toml_the_settings_of_pyproject_do_not_count_as_with_uv(world: World) -> None:
    write_files(world.directory, {"app/uv.toml": f"[[index]]\nname = 'internal'\nurl = '{world.private}'\n"})
    other = "[[tool.uv.index]]\nname = 'other'\nurl = 'https://nowhere.test/'\n"
    assert versions(world.build("pip", other)) == ALL_OURS


@pytest.mark.parametrize("variable", ["UV_NO_CONFIG", "UV_CONFIG_FILE"])
def test_who_tells_uv_to_read_none_or_another_means_it(
    variable: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(world.directory, {"app/uv.toml": f"[[index]]\nname = 'internal'\nurl = '{world.private}'\n"})
    write_files(world.directory, {"other.toml": ""})
    monkeypatch.setenv(variable, "1" if variable == "UV_NO_CONFIG" else str(world.directory / "other.toml"))
    assert versions(world.build("uv")) == NO_OURS


def test_a_uv_toml_that_cannot_be_read_ends_the_build(world: World) -> None:
    write_files(world.directory, {"app/uv.toml": "no = toml = at all"})
    with pytest.raises(UsageError, match=r"uv\.toml cannot be read"):
        world.build("pip")


# -- who wins ------------------------------------------------------------------------------------


@both
def test_the_builder_s_index_takes_the_place_of_the_default_and_no_other(resolver: str, world: World) -> None:
    given = IndexSettings(index_url=world.public)
    assert versions(world.build(resolver, UV + "default = true", index=given)) == NO_OURS
    assert versions(world.build(resolver, UV, index=given)) == ALL_OURS


@both
def test_the_builder_may_say_where_an_index_of_that_name_is(resolver: str, world: World) -> None:
    table = POETRY.replace("PRIVATE", "https://nowhere.test/simple") + "priority = 'explicit'"
    given = IndexSettings(named_indexes=(("internal", world.private),))
    assert versions(world.build(resolver, table, PINNED, index=given)) == ONE_OURS


def test_of_two_tools_the_first_that_names_an_index_counts_and_that_is_said(world: World) -> None:
    result = world.build("pip", UV, POETRY.replace("internal", "other"))
    assert versions(result) == ALL_OURS
    assert any("[[tool.poetry.source]]" in one and "is not heeded, since" in one for one in result.notices)


def test_where_no_index_is_asked_those_of_the_project_are_told(world: World) -> None:
    links = IndexSettings(no_index=True, find_links=(str(world.directory.parent / "public"),))
    result = world.build("pip", POETRY, index=links)
    assert any(re.fullmatch(r"no index is asked, though .* names internal", one) for one in result.notices)


# -- refused -------------------------------------------------------------------------------------

REFUSED = {
    "a format": (UV + "format = 'flat'", "has the format flat, which only uv reads"),
    "default and explicit": (UV + "default = true\nexplicit = true", "so that the rest has none"),
    "a variable": (POETRY.replace("PRIVATE", "https://${PASSWORD}@a.test"), "has a variable of the environment"),
    "no address": ("[[tool.poetry.source]]\nname = 'internal'", "has not the name and URL of an index"),
    "no such source": (PINNED, r"\(the index internal\) is in no \[\[tool.poetry.source\]\]"),
    "several left": (
        PDM + "exclude_packages = ['core']\n[[tool.pdm.source]]\nname = 'more'\nurl = 'PRIVATE'",
        "core may come from each of pypi, more",
    ),
}


@pytest.mark.parametrize("way", REFUSED)
def test_an_index_that_cannot_be_asked_so_ends_the_build_by_name(way: str, world: World) -> None:
    table, message = REFUSED[way]
    with pytest.raises(UsageError, match=message):
        world.build("pip", table)


# -- while a project is built --------------------------------------------------------------------


def own_backend(world: World, *tables: str) -> Path:
    """A project whose build requires maker, which it brings along: nobody has to be asked for code that runs."""
    make_wheel(world.directory.parent / "public", "maker", STRANGER)
    app = make_project(world.directory, "app", files={"app.py": ""})
    text = (app / "pyproject.toml").read_text().replace("requires = []", "requires = ['maker']")
    (app / "pyproject.toml").write_text("\n".join([text, *tables, ""]).replace("PRIVATE", world.private))
    return app


def test_pip_builds_nothing_whose_build_requirement_has_a_source(world: World, server: Server) -> None:
    app = own_backend(world, "[tool.uv.sources]\nmaker = { path = '../maker' }")
    request = BuildRequest(
        directory=world.directory, requirements=(str(app),), resolver="pip", output=Path("x.pex")
    )
    with pytest.raises(ProjectBuildError, match=r"its build requires maker, which is to come from \.\./maker"):
        build(request)


@both
@pytest.mark.parametrize("table", [UV, POETRY, PDM])
def test_where_build_requirements_come_from_otherwise_is_said(
    table: str, resolver: str, world: World, server: Server
) -> None:
    app = own_backend(world, table)
    serve(server, world.directory.parent / "public", at="/public")
    serve(server, world.directory.parent / "private", at="/private")
    request = BuildRequest(
        directory=world.directory, requirements=(str(app),), resolver=resolver, output=Path("x.pex")
    )
    said = [one for one in build(request).notices if "the build requirements of app (maker)" in one]
    assert len(said) == (0 if (table, resolver) == (UV, "uv") else 1)
