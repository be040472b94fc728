"""A lock that is there already keeps its versions where they fit, unless an upgrade is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import PexliteError, UsageError
from pexlite.model import BuildRequest, IndexSettings, LockResult, LockTerms
from pexlite.pipeline.lock import lock
from tests.factories import make_project, make_wheel
from tests.repositories import committed, git

pytestmark = pytest.mark.usefixtures("bare_machine")
RESOLVERS = pytest.mark.parametrize("resolver", ["uv", "pip"])


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """click 8.0, which is all there is when the lock is made; rich needs click."""
    directory = tmp_path / "links"
    directory.mkdir()
    make_wheel(directory, "click", "8.0")
    make_wheel(directory, "rich", "1.0", requires=["click"])
    return directory


def locked(links: Path, *inputs: str, terms: LockTerms | None = None, **more: Any) -> LockResult:
    request = BuildRequest(
        directory=links.parent,
        requirements=inputs,
        index=IndexSettings(no_index=True, find_links=(str(links),)),
        output=Path("pylock.toml"),
        **more,
    )
    return lock(request, terms=terms or LockTerms())


def versions(result: LockResult) -> list[str]:
    return [f"{package.name} {package.version}" for package in result.lock.packages]


def add_newer(links: Path) -> None:
    for version in ("8.1", "9.0"):
        make_wheel(links, "click", version)
    make_wheel(links, "rich", "2.0", requires=["click"])


@RESOLVERS
@pytest.mark.parametrize(
    ("inputs", "terms", "expected"),
    [
        (["rich"], LockTerms(), ["click 8.0", "rich 1.0"]),
        (["rich", "click>=8.1"], LockTerms(), ["click 9.0", "rich 1.0"]),
        (["rich"], LockTerms(upgrade=True), ["click 9.0", "rich 2.0"]),
        (["rich"], LockTerms(upgraded=("Click",)), ["click 9.0", "rich 1.0"]),
        (["rich"], LockTerms(upgraded=("click==8.1",)), ["click 8.1", "rich 1.0"]),
        (["rich"], LockTerms(upgraded=("click", "rich")), ["click 9.0", "rich 2.0"]),
        (["click"], LockTerms(), ["click 8.0"]),
    ],
)
def test_versions_stay_where_they_fit(
    resolver: str, inputs: list[str], terms: LockTerms, expected: list[str], links: Path
) -> None:
    locked(links, "rich", resolver=resolver)
    add_newer(links)
    assert versions(locked(links, *inputs, terms=terms, resolver=resolver)) == expected


@RESOLVERS
def test_versions_stay_on_every_target(resolver: str, links: Path) -> None:
    platforms = ("linux_x86_64-cp-311-cp311", "win_amd64-cp-312-cp312")
    inputs = ["rich", "click==8.0 ; sys_platform == 'linux'", "click==8.1 ; sys_platform == 'win32'"]
    make_wheel(links, "click", "8.1")
    locked(links, *inputs, resolver=resolver, platforms=platforms)
    add_newer(links)
    again = locked(links, "rich", resolver=resolver, platforms=platforms)
    assert versions(again) == ["click 8.0", "click 8.1", "rich 1.0"]
    assert again.changes == ()


@RESOLVERS
def test_what_changed_is_told(resolver: str, links: Path) -> None:
    make_wheel(links, "old")
    first = locked(links, "rich", "old", resolver=resolver)
    assert first.changes is None
    add_newer(links)
    make_wheel(links, "new")
    again = locked(links, "rich", "new", resolver=resolver, terms=LockTerms(upgraded=("click",)))
    assert list(map(str, again.changes or ())) == ["click 8.0 -> 9.0", "+ new 1.0", "- old 1.0"]


def test_what_never_was_a_lock_is_no_damaged_one(links: Path) -> None:
    (links.parent / "pyproject.toml").write_text("[project]\nname = 'mine'\nversion = '1'\n")
    with pytest.raises(PexliteError, match=r"pyproject\.toml is there already, and is not a lock") as caught:
        lock(BuildRequest(directory=links.parent, requirements=("rich",), output=Path("pyproject.toml")))
    assert "--force" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("lock-version = ", "pylock.toml"),
        ("lock-version = '1.0'\npackages = 5\n", "pylock.toml"),
        ("\xff", "pylock.a.toml"),
    ],
)
def test_a_damaged_lock_is_an_error_that_names_upgrade(text: str, output: str, links: Path) -> None:
    file = links.parent / output
    file.write_bytes(text.encode("latin-1"))
    asked = BuildRequest(
        directory=links.parent,
        requirements=("rich",),
        index=IndexSettings(no_index=True, find_links=(str(links),)),
        output=Path(output),
    )
    with pytest.raises(UsageError) as caught:
        lock(asked)
    assert output in caught.value.message
    assert "--upgrade" in (caught.value.hint or "")
    assert file.read_bytes() == text.encode("latin-1")
    assert versions(lock(asked, terms=LockTerms(upgrade=True))) == ["click 8.0", "rich 1.0"]


def test_upgrade_replaces_no_file_that_is_called_otherwise(links: Path) -> None:
    (links.parent / "notes.md").write_text("mine")
    asked = BuildRequest(directory=links.parent, requirements=("rich",), output=Path("notes.md"))
    with pytest.raises(PexliteError, match="is not a lock"):
        lock(asked, terms=LockTerms(upgrade=True))
    assert (links.parent / "notes.md").read_text() == "mine"


@pytest.mark.parametrize("text", ["click[x]", "click ; sys_platform == 'linux'", "./click", "--pre", ""])
def test_a_project_to_upgrade_is_a_name_and_perhaps_a_version(text: str, links: Path) -> None:
    with pytest.raises(UsageError, match="names no project"):
        locked(links, "rich", terms=LockTerms(upgraded=(text,)))


def test_an_upgrade_of_what_is_not_in_the_lock_is_noted(links: Path) -> None:
    first = locked(links, "rich", terms=LockTerms(upgraded=("click",)))
    assert any("no lock to act on" in notice for notice in first.notices)
    again = locked(links, "rich", terms=LockTerms(upgraded=("clack",)))
    assert any("clack is not in the lock" in notice for notice in again.notices)


@RESOLVERS
def test_a_branch_stays_at_its_commit(resolver: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, "a core", files={"core.py": ""})
    text = (project / "pyproject.toml").read_text().replace('"a core"', '"core"')
    (project / "pyproject.toml").write_text(text)
    first = committed(project)
    asked = f"core @ git+{project.as_uri()}@{git(project, 'branch', '--show-current')}"

    def commit(terms: LockTerms) -> str:
        request = BuildRequest(
            directory=tmp_path,
            requirements=(asked,),
            index=IndexSettings(no_index=True),
            resolver=resolver,
            output=Path("pylock.toml"),
        )
        (package,) = lock(request, terms=terms).lock.packages
        assert package.vcs is not None
        assert package.vcs.requested_revision == asked.rpartition("@")[2]
        return package.vcs.commit_id

    assert commit(LockTerms()) == first
    (project / "core.py").write_text("changed = 1\n")
    second = committed(project)
    assert commit(LockTerms()) == first
    assert commit(LockTerms(upgraded=("core",))) == second


# -- dependencies --------------------------------------------------------------------------------


@RESOLVERS
def test_a_lock_says_what_each_package_depends_on(resolver: str, links: Path) -> None:
    make_wheel(links, "colour")
    make_wheel(
        links,
        "app",
        requires=["rich", "colour ; extra == 'gui'", "click ; python_version < '3'"],
        extras=["gui"],
    )
    plain = locked(links, "app", "colour", resolver=resolver)
    assert needs(plain) == {"app": [{"name": "rich"}], "rich": [{"name": "click"}]}
    with_gui = locked(links, "app[gui]", resolver=resolver)
    assert needs(with_gui)["app"] == [{"name": "colour"}, {"name": "rich"}]


@RESOLVERS
def test_a_dependency_of_several_versions_is_told_by_its_version(resolver: str, links: Path) -> None:
    make_wheel(links, "click", "8.1")
    platforms = ("linux_x86_64-cp-311-cp311", "win_amd64-cp-312-cp312")
    inputs = ["rich", "click==8.0 ; sys_platform == 'linux'", "click==8.1 ; sys_platform == 'win32'"]
    result = locked(links, *inputs, resolver=resolver, platforms=platforms)
    both = [{"name": "click", "version": "8.0"}, {"name": "click", "version": "8.1"}]
    assert needs(result) == {"rich": both}


def test_of_several_versions_only_those_that_can_meet_are_dependencies(links: Path) -> None:
    make_wheel(links, "click", "8.1")
    make_wheel(links, "rich", "2.0", requires=["click"])
    parts = [("rich", "1.0", "2.0"), ("click", "8.0", "8.1")]
    inputs = [f"{name}=={old} ; sys_platform == 'win32'" for name, old, _ in parts]
    inputs += [f"{name}=={new} ; sys_platform != 'win32'" for name, _, new in parts]
    result = locked(links, *inputs, resolver="uv")
    found = {
        str(package.version): package.dependencies for package in result.lock.packages if package.name == "rich"
    }
    assert found == {"1.0": [{"name": "click", "version": "8.0"}], "2.0": [{"name": "click", "version": "8.1"}]}


def needs(result: LockResult) -> dict[str, list[Any]]:
    return {package.name: [*package.dependencies] for package in result.lock.packages if package.dependencies}
