"""Dependencies come from where [tool.uv.sources] says, by either resolver, or the build says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline import lock as locking
from pexlite.pipeline.build import build as build_file
from pexlite.requirements.declared.follow import Needs, declared_sources
from pexlite.requirements.read import raise_problems
from pexlite.requirements.uv_workspaces import members_of
from tests.factories import make_project, make_wheel
from tests.index import serve
from tests.network import server as replies
from tests.network.server import Server
from tests.repositories import committed

pytestmark = pytest.mark.usefixtures("bare_machine")

both = pytest.mark.parametrize("resolver", ["uv", "pip"])


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A stranger's core and deep, 9.0, of the same names as the projects here."""
    directory = tmp_path / "links"
    directory.mkdir()
    for name in ("core", "deep"):
        make_wheel(directory, name, "9.0", files={f"{name}.py": "whose = 'a stranger'\n"})
    return directory


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """Files of an index that few may reach: core 1.0."""
    directory = tmp_path / "inside"
    directory.mkdir()
    make_wheel(directory, "core", "1.0")
    return directory


def project(directory: Path, name: str, *lines: str, requires: tuple[str, ...] = (), version: str = "1.0") -> Path:
    """A project with `lines` at the end of its pyproject.toml."""
    files = {f"{name}.py": f"whose = 'ours, {name}'\n"}
    made = make_project(directory, name, version, files=files, requires=requires)
    with (made / "pyproject.toml").open("a") as file:
        file.write("\n" + "\n".join(lines) + "\n")
    return made


def build(directory: Path, *inputs: str, resolver: str = "uv", **more: Any) -> BuildResult:
    index = IndexSettings(no_index=True, find_links=(str(directory / "links"),))
    request = BuildRequest(
        directory=directory,
        requirements=inputs,
        resolver=resolver,
        output=Path("x.pex"),
        **({"index": index} | more),
    )
    return build_file(request)


def versions(result: BuildResult) -> dict[str, str]:
    return {wheel.name: wheel.version for wheel in result.wheels}


# -- paths ---------------------------------------------------------------------------------------


@both
def test_a_path_is_followed_and_those_of_what_lies_there(resolver: str, links: Path, tmp_path: Path) -> None:
    project(
        tmp_path,
        "app",
        "[tool.uv.sources]",
        'Core = { path = "../lib/core", editable = true }',
        requires=("core",),
    )
    project(tmp_path / "lib", "core", "[tool.uv.sources]", 'deep = { path = "../deep" }', requires=("deep>=1",))
    project(tmp_path / "lib", "deep")
    result = build(tmp_path, "./app", resolver=resolver)
    assert versions(result) == {"app": "1.0", "core": "1.0", "deep": "1.0"}
    said = [notice for notice in result.notices if "[tool.uv.sources]" in notice]
    assert [notice.partition(" says: ")[2] for notice in said] == ["core from ../lib/core", "deep from ../deep"]


def test_code_that_a_source_brings_is_looked_at_as_all_own_code_is(links: Path, tmp_path: Path) -> None:
    project(tmp_path, "app", "[tool.uv.sources]", 'core = { path = "../core" }', requires=("core",))
    core = project(tmp_path, "core")
    (core / "core.py").write_text("import nowhere\nmatch 1:\n    case _:\n        whose = 'ours'\n")
    named, brought = build(tmp_path, "./core"), build(tmp_path, "./app")
    assert {python for one in brought.variants for python in one.pythons}.isdisjoint({"cp36", "cp38", "cp39"})
    missing = [[notice for notice in one.notices if "nowhere" in notice] for one in (named, brought)]
    assert missing[0] == missing[1] != []


@both
def test_a_wheel_at_a_path_is_taken(resolver: str, links: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    wheel = make_wheel(tmp_path / "mine", "core", "2.0")
    project(tmp_path, "app", "[tool.uv.sources]", f'core = {{ path = "{wheel}" }}', requires=("core",))
    assert versions(build(tmp_path, "./app", resolver=resolver))["core"] == "2.0"


@both
def test_members_of_a_workspace_are_found_by_their_names(resolver: str, links: Path, tmp_path: Path) -> None:
    workspace = ["[tool.uv.workspace]", 'members = ["packages/*"]', 'exclude = ["packages/other"]']
    project(tmp_path, "whole", *workspace, "[tool.uv.sources]", "core = { workspace = true }")
    packages = tmp_path / "whole" / "packages"
    project(packages, "app", requires=("core",))
    project(packages, "core")
    project(packages, "other", "[tool.uv.sources]", "core = { workspace = true }", requires=("core",))
    result = build(tmp_path, "./whole/packages/app", resolver=resolver)
    assert versions(result) == {"app": "1.0", "core": "1.0"}
    # What is excluded from the workspace is alone.
    with pytest.raises(UsageError, match=r"core \(the workspace\) is in no workspace here"):
        build(tmp_path, "./whole/packages/other", resolver=resolver)


def test_a_lock_names_the_project_at_the_path(links: Path, tmp_path: Path) -> None:
    project(tmp_path, "app", "[tool.uv.sources]", 'core = { path = "../core" }', requires=("core",))
    project(tmp_path, "core")
    index = IndexSettings(no_index=True, find_links=(str(links),))
    request = BuildRequest(directory=tmp_path, requirements=("./app",), index=index, output=Path("pylock.toml"))
    assert 'directory = { path = "core" }' in locking.lock(request).text


@pytest.mark.parametrize("asked", ["script", "group", "file"])
def test_scripts_groups_and_files_that_are_read_have_sources_too(asked: str, links: Path, tmp_path: Path) -> None:
    project(tmp_path, "core")
    sources = ["[tool.uv.sources]", 'core = { path = "core" }']
    header = ["# /// script", '# dependencies = ["core"]', *(f"# {line}" for line in sources), "# ///"]
    (tmp_path / "job.py").write_text("\n".join([*header, "import core", ""]))
    groups = ["[dependency-groups]", 'dev = ["core"]']
    table = ["[project]", 'name = "here"', 'version = "1"', 'dependencies = ["core"]', *groups, *sources]
    (tmp_path / "pyproject.toml").write_text("\n".join([*table, ""]))
    ways: dict[str, dict[str, Any]] = {
        "script": {"executable": Path("job.py")},
        "group": {"groups": ("dev",)},
        "file": {"requirement_files": ("pyproject.toml",)},
    }
    assert versions(build(tmp_path, **ways[asked]))["core"] == "1.0"


def test_a_source_of_an_extra_counts_where_the_extra_is_asked_for(links: Path, tmp_path: Path) -> None:
    optional = ["[project.optional-dependencies]", 'net = ["core"]']
    app = project(tmp_path, "app", *optional, "[tool.uv.sources]", 'core = { path = "../core", extra = "net" }')
    backend = (app / "backend.py").read_text()
    more = "Provides-Extra: net\\nRequires-Dist: core; extra == 'net'\\n"
    (app / "backend.py").write_text(backend.replace('{requires}"', f'{{requires}}{more}"'))
    project(tmp_path, "core")
    assert versions(build(tmp_path, "./app")) == {"app": "1.0"}
    assert versions(build(tmp_path, "./app[net]")) == {"app": "1.0", "core": "1.0"}


def test_of_several_sources_each_has_its_marker(links: Path, tmp_path: Path) -> None:
    entries = (
        '[ { path = "../core", marker = "sys_platform != \'win32\'" },'
        ' { path = "../elsewhere/core", marker = "sys_platform == \'win32\'" } ]'
    )
    project(tmp_path, "app", "[tool.uv.sources]", f"core = {entries}", requires=("core",))
    project(tmp_path, "core")
    project(tmp_path / "elsewhere", "core", version="3.0")
    assert versions(build(tmp_path, "./app"))["core"] == "1.0"


# -- repositories and indexes --------------------------------------------------------------------


@both
def test_a_repository_is_checked_out_at_its_tag(resolver: str, links: Path, tmp_path: Path) -> None:
    core = project(tmp_path, "core")
    committed(core, "v1")
    source = f'core = {{ git = "{core.as_uri()}", tag = "v1" }}'
    project(tmp_path, "app", "[tool.uv.sources]", source, requires=("core",))
    assert versions(build(tmp_path, "./app", resolver=resolver))["core"] == "1.0"


@both
def test_an_index_that_is_named_serves_what_is_pinned_to_it_with_its_password(
    resolver: str, links: Path, inside: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = serve(server, links, at="/public")
    private = serve(
        server,
        inside,
        at="/private",
        reply=lambda body: replies.only_for("someone", "secret-for-test", body),
    )
    index = ["[[tool.uv.index]]", 'name = "our-own"', f'url = "{private}"', "explicit = true"]
    project(tmp_path, "app", "[tool.uv.sources]", 'core = { index = "our-own" }', *index, requires=("core",))
    monkeypatch.setenv("UV_INDEX_OUR_OWN_USERNAME", "someone")
    monkeypatch.setenv("UV_INDEX_OUR_OWN_PASSWORD", "secret-for-test")
    result = build(tmp_path, "./app", resolver=resolver, index=IndexSettings(index_url=public))
    assert versions(result)["core"] == "1.0"
    assert b"secret-for-test" not in result.path.read_bytes()
    assert not [notice for notice in result.notices if "secret" in notice]


@both
def test_an_index_with_a_marker_counts_on_the_targets_where_it_holds(
    resolver: str, links: Path, inside: Path, server: Server, tmp_path: Path
) -> None:
    public, private = serve(server, links, at="/public"), serve(server, inside, at="/private")
    table = ["[[tool.uv.index]]", 'name = "ours"', f'url = "{private}"', "explicit = true"]
    source = "core = [{ index = 'ours', marker = \"sys_platform == 'win32'\" }]"
    project(tmp_path, "app", "[tool.uv.sources]", source, *table, requires=("core",))

    def version_for(*platforms: str) -> str:
        index = IndexSettings(index_url=public)
        return versions(build(tmp_path, "./app", resolver=resolver, index=index, platforms=platforms))["core"]

    assert version_for() == "9.0"
    assert version_for("win_amd64-cp-312-cp312") == "1.0"
    with pytest.raises(UsageError, match="holds for some targets only"):
        version_for("win_amd64-cp-312-cp312", "linux_x86_64-cp-312-cp312")


@both
def test_the_builder_may_say_where_an_index_of_that_name_is(
    resolver: str, links: Path, inside: Path, server: Server, tmp_path: Path
) -> None:
    public, private = serve(server, links, at="/public"), serve(server, inside, at="/private")
    table = ["[[tool.uv.index]]", 'name = "theirs"', 'url = "https://nowhere.test/"', "explicit = true"]
    project(tmp_path, "app", "[tool.uv.sources]", 'core = { index = "theirs" }', *table, requires=("core",))
    settings = IndexSettings(index_url=public, named_indexes=(("theirs", private),))
    assert versions(build(tmp_path, "./app", resolver=resolver, index=settings))["core"] == "1.0"


@both
def test_an_index_for_all_comes_first_as_with_uv_and_is_named(
    resolver: str, links: Path, inside: Path, server: Server, tmp_path: Path
) -> None:
    public, private = serve(server, links, at="/public"), serve(server, inside, at="/private")
    table = ["[[tool.uv.index]]", 'name = "ours"', f'url = "{private}"', "[tool.uv]", 'prerelease = "allow"']
    app = project(tmp_path, "app", *table, requires=("core",))
    result = build(tmp_path, "./app", resolver=resolver, index=IndexSettings(index_url=public))
    assert versions(result)["core"] == "1.0"
    assert f"[[tool.uv.index]] in {app / 'pyproject.toml'} is heeded: ours" in result.notices
    assert f"[tool.uv] in {app / 'pyproject.toml'} also says prerelease, which is not heeded" in result.notices


# -- refused -------------------------------------------------------------------------------------

REFUSED = [
    ('{ path = "../nowhere" }', "core is to come from .*nowhere, which is not there"),
    ('{ path = "../links" }', "which is no project, wheel or source distribution"),
    ('{ path = "../core", package = false }', r"the source of core \(../core\) is no package"),
    ("{ workspace = true }", r"the source of core \(the workspace\) is in no workspace here"),
    ('{ index = "ours" }', r"the source of core \(the index ours\) is in no \[\[tool.uv.index\]\]"),
    ('{ index = "flat" }', "has the format flat, which only uv reads"),
    ('{ registry = "x" }', r"the source of core \(registry\) is none that is known here"),
    (f'{{ path = "{300 * "x"}" }}', "core is to come from .*xxx, which is not there"),
]


@pytest.mark.parametrize(("source", "message"), REFUSED)
def test_a_source_that_cannot_be_had_ends_the_build_by_name(
    source: str, message: str, links: Path, tmp_path: Path
) -> None:
    index = ["[[tool.uv.index]]", 'name = "flat"', 'url = "https://a.test"', 'format = "flat"', "explicit = true"]
    project(tmp_path, "core")
    project(tmp_path, "app", "[tool.uv.sources]", f"core = {source}", *index, requires=("core",))
    # By pip, since uv reads the table when it builds and says some of it by itself.
    with pytest.raises(UsageError, match=message):
        build(tmp_path, "./app", resolver="pip")


@pytest.mark.parametrize(
    "line", ['name = "a b"', 'name = "a\\nb"', 'url = "https://a.test/ https://b.test/"', "url = 1"]
)
def test_an_index_that_would_be_two_for_uv_or_pip_is_refused(line: str, links: Path, tmp_path: Path) -> None:
    given = {"name": 'name = "ours"', "url": 'url = "https://a.test/"'} | {line.partition(" ")[0]: line}
    project(tmp_path, "app", "[[tool.uv.index]]", *given.values())
    with pytest.raises(UsageError, match="has not the name and URL of an index"):
        build(tmp_path, "./app", resolver="pip")


MALFORMED = [
    ("[tool.uv]\nindex = 5", "has not the name and URL of an index"),
    ('[tool.uv]\nindex = ["ours"]', "has not the name and URL of an index"),
    ('[tool.uv]\nindex-strategy = "first"', "there is no index strategy 'first'"),
    ("[tool.uv]\nindex-strategy = [1]", r"there is no index strategy \[1\]"),
]


@pytest.mark.parametrize(("lines", "message"), MALFORMED)
def test_a_table_that_says_something_else_is_refused(lines: str, message: str, tmp_path: Path) -> None:
    app = project(tmp_path, "app", lines)
    with pytest.raises(UsageError, match=message):
        raise_problems(declared_sources(Needs(app / "pyproject.toml", ())).parsed.problems)


@pytest.mark.parametrize("pattern", ["/elsewhere/*", "a**", "a\\u0000b", 300 * "a"])
def test_members_that_no_pattern_can_name_are_none(pattern: str, tmp_path: Path) -> None:
    lines = ["[tool.uv.workspace]", f'members = ["{pattern}", "lib/*"]', f'exclude = ["{pattern}"]']
    app = project(tmp_path, "app", *lines)
    project(app / "lib", "core")
    assert set(members_of(app)) == {"app", "core"}


def test_the_index_of_a_workspace_lies_beside_its_root(tmp_path: Path) -> None:
    root = project(
        tmp_path, "root", "[tool.uv]", 'workspace = { members = ["lib/*"] }', 'index = [{ url = "serve" }]'
    )
    member = project(root / "lib", "core")
    found = declared_sources(Needs(member / "pyproject.toml", ()))
    assert [index.url for index in found.general] == [(root / "serve").as_uri(), ""]


def test_where_no_index_is_asked_a_source_in_one_is_told(links: Path, tmp_path: Path) -> None:
    index = ["[[tool.uv.index]]", 'name = "ours"', 'url = "https://a.test"', "explicit = true"]
    app = project(tmp_path, "app", "[tool.uv.sources]", 'core = { index = "ours" }', *index, requires=("core",))
    said = (
        f"no index is asked, though [tool.uv.sources] in {app / 'pyproject.toml'} says: core from the index ours"
    )
    assert said in build(tmp_path, "./app").notices


def test_sources_can_be_switched_off_and_what_is_excluded_needs_none(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, "app", "[tool.uv.sources]", 'core = { path = "../nowhere" }', requires=("core",))
    assert versions(build(tmp_path, "./app", excluded=("core",))) == {"app": "1.0"}
    monkeypatch.setenv("UV_NO_SOURCES", "1")
    assert versions(build(tmp_path, "./app")) == {"app": "1.0", "core": "9.0"}
