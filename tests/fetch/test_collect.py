from __future__ import annotations

import hashlib
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.pylock import Pylock
from packaging.tags import Tag

from pexlite.errors import FetchError
from pexlite.fetch.collect import collect
from pexlite.model import IndexSettings, Progress, Target, Wheel
from pexlite.resolve.resolver import Resolver
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from tests.factories import make_project, make_wheel
from tests.network import server as replies
from tests.network.server import Server
from tests.pylock.values import lock_of, sha256, wheel_entry
from tests.repositories import committed, git


def collected(
    lock: Pylock,
    target: Target | list[Target],
    store: Store,
    resolver: Resolver,
    lock_directory: Path | None = None,
    steps: list[Progress] | None = None,
) -> tuple[Wheel, ...]:
    targets = tuple(target) if isinstance(target, list) else (target,)
    report = (steps if steps is not None else []).append
    workshop = Workshop(store, IndexSettings(retries=0), resolver, targets, report)
    return collect(lock, workshop, lock_directory)


@pytest.fixture
def windows(target: Target) -> Target:
    environment = {**target.environment, "sys_platform": "win32"}
    tags = (Tag("cp311", "cp311", "win_amd64"), Tag("py3", "none", "any"))
    return replace(target, platform="win_amd64", tags=tags, environment=environment, interpreter=None)  # type: ignore[arg-type]


def test_wheels_of_several_targets_come_once_each_and_sorted(
    target: Target, windows: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    pure = make_wheel(tmp_path, "b-pure", files={"b.py": ""})
    here = make_wheel(tmp_path, "a-fast", files={"a.py": "1"}, tag=str(target.tags[0]))
    there = make_wheel(tmp_path, "a-fast", files={"a.py": "2"}, tag="cp311-cp311-win_amd64")
    only = make_wheel(tmp_path, "c-only", files={"c.py": ""})
    fast: dict[str, Any] = {
        "name": "a-fast",
        "version": "1.0",
        "wheels": [wheel_entry(here)["wheels"][0], wheel_entry(there)["wheels"][0]],
    }
    lock = lock_of(wheel_entry(pure), fast, {**wheel_entry(only), "marker": "sys_platform == 'win32'"})
    found = collected(lock, [target, windows], store, resolver)
    assert [wheel.filename for wheel in found] == [*sorted([here.name, there.name]), pure.name, only.name]
    assert [wheel.filename for wheel in collected(lock, target, store, resolver)] == [here.name, pure.name]


def test_paths_in_a_lock_start_where_the_lock_lies(
    target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    (tmp_path / "wheels").mkdir()
    wheel = make_wheel(tmp_path / "wheels", "demo", files={"x.py": ""})
    entry = wheel_entry(wheel, path=f"wheels/{wheel.name}")
    assert collected(lock_of(entry), target, store, resolver, tmp_path)[0].sha256 == sha256(wheel)
    with pytest.raises(FetchError, match="not known where the lock lies"):
        collected(lock_of(entry), target, Store(store.root / "other"), resolver)


def test_file_urls_and_missing_digests_are_fine(
    target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    place = tmp_path / "a place"
    place.mkdir()
    wheel = make_wheel(place, "demo", files={"x.py": ""})
    sha512 = {"sha512": hashlib.sha512(wheel.read_bytes()).hexdigest()}
    found = [
        collected(lock_of(wheel_entry(wheel, wheel.as_uri())), target, store, resolver),
        collected(lock_of(wheel_entry(wheel, wheel.as_uri(), hashes=sha512)), target, store, resolver),
    ]
    assert {wheels[0].sha256 for wheels in found} == {sha256(wheel)}
    bare = lock_of(wheel_entry(wheel))
    package = bare.packages[0]
    assert package.wheels
    # As a resolver makes them of local files; PEP 751 wants digests in files.
    without = replace(package, wheels=[replace(package.wheels[0], hashes={})])
    again = collected(replace(bare, packages=[without]), target, Store(store.root / "other"), resolver)
    assert again[0].sha256 == sha256(wheel)


def test_a_local_wheel_that_is_gone_or_another_is_named(
    target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "demo", files={"x.py": ""})
    entry = wheel_entry(wheel)
    make_wheel(tmp_path, "demo", files={"x.py": "changed"})
    with pytest.raises(FetchError, match=wheel.name):
        collected(lock_of(entry), target, store, resolver)
    wheel.unlink()
    with pytest.raises(FetchError, match=wheel.name):
        collected(lock_of(entry), target, store, resolver)


def test_all_projects_without_a_wheel_that_fits_are_told_at_once(
    target: Target, windows: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    here = make_wheel(tmp_path, "fast", files={"a.py": "1"}, tag=str(target.tags[0]))
    other = make_wheel(tmp_path, "slow", files={"a.py": "1"}, tag="cp27-cp27mu-linux_x86_64")
    late = {**wheel_entry(make_wheel(tmp_path, "late", files={"x.py": ""})), "requires-python": ">=4"}
    pure = make_wheel(tmp_path, "pure", files={"b.py": ""})
    lock = lock_of(wheel_entry(here), wheel_entry(other), late, wheel_entry(pure))
    with pytest.raises(FetchError) as caught:
        collected(lock, [target, windows], store, resolver)
    causes = caught.value.causes
    assert [cause for cause in causes if windows.name in cause and here.name in cause]
    assert not [cause for cause in causes if target.name in cause and here.name in cause]
    assert len([cause for cause in causes if other.name in cause]) == 2
    assert len([cause for cause in causes if "late" in cause and ">=4" in cause]) == 2
    assert not [cause for cause in causes if pure.name in cause]


@pytest.mark.parametrize(
    ("more", "says"),
    [({"requires-python": ">=4"}, ">=4"), ({"environments": ["sys_platform == 'nowhere'"]}, "nowhere")],
)
def test_a_lock_for_something_else_says_for_what(
    more: dict[str, Any], says: str, target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    lock = lock_of(wheel_entry(make_wheel(tmp_path, "demo", files={"x.py": ""})), **more)
    with pytest.raises(FetchError) as caught:
        collected(lock, target, store, resolver)
    assert len(caught.value.causes) == 1
    assert says in caught.value.causes[0]


def test_one_project_twice_for_one_target_is_named(
    target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    one = make_wheel(tmp_path, "demo", "1.0", files={"x.py": ""})
    two = make_wheel(tmp_path, "demo", "2.0", files={"x.py": ""})
    with pytest.raises(FetchError) as caught:
        collected(lock_of(wheel_entry(one), wheel_entry(two)), target, store, resolver)
    assert "demo" in caught.value.causes[0]


def sdist_in(directory: Path) -> Path:
    project = make_project(directory, "demo", files={"demo/__init__.py": "x = 1\n"})
    path = directory / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(project, "demo-1.0")
    shutil.rmtree(project)
    return path


def test_sdists_are_downloaded_and_built_once(
    target: Target, store: Store, resolver: Resolver, server: Server, tmp_path: Path
) -> None:
    sdist = sdist_in(tmp_path)
    server.on("/" + sdist.name, replies.content(sdist.read_bytes()))
    file = {"url": server.url("/" + sdist.name), "hashes": {"sha256": sha256(sdist)}}
    lock = lock_of({"name": "demo", "version": "1.0", "sdist": file})
    found = collected(lock, target, store, resolver)
    assert "demo/__init__.py" in found[0].files
    assert collected(lock, target, store, resolver)[0].sha256 == found[0].sha256
    assert server.count("/" + sdist.name) == 1
    wrong = lock_of({"name": "demo", "version": "1.0", "sdist": {**file, "hashes": {"sha256": "0" * 64}}})
    with pytest.raises(FetchError, match=sdist.name):
        collected(wrong, target, store, resolver)


def test_archives_directories_and_checkouts_become_wheels(
    target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    sdist = sdist_in(tmp_path)
    project = make_project(tmp_path, "other", files={"other/__init__.py": ""})
    wheel = make_wheel(tmp_path, "third", files={"third.py": ""})
    repository = make_project(tmp_path / "repository", "fourth", files={"fourth/__init__.py": ""})
    commit = committed(repository)
    vcs = {"type": "git", "url": repository.as_uri(), "commit-id": commit}
    lock = lock_of(
        {"name": "demo", "archive": {"path": sdist.name, "hashes": {"sha256": sha256(sdist)}}},
        {"name": "other", "directory": {"path": project.name}},
        {"name": "third", "archive": {"url": wheel.as_uri(), "hashes": {"sha256": sha256(wheel)}}},
        {"name": "fourth", "vcs": vcs},
    )
    found = collected(lock, target, store, resolver, tmp_path)
    assert [(entry.name, entry.local) for entry in found] == [
        ("demo", False),
        ("fourth", False),
        ("other", True),
        ("third", False),
    ]
    steps: list[Progress] = []
    again = collected(lock, target, store, resolver, tmp_path, steps)
    assert [entry.sha256 for entry in again] == [entry.sha256 for entry in found]
    assert [step.message for step in steps if step.stage == "build"] == ["other"]


COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "https://127.0.0.1/x.git"


@pytest.mark.parametrize(
    ("vcs", "words"),
    [
        ({"url": REPOSITORY, "commit-id": "main"}, "'main' of demo, and that may be another commit tomorrow"),
        ({"url": REPOSITORY, "commit-id": COMMIT[:12]}, "may be another commit"),
        ({"url": REPOSITORY, "commit-id": COMMIT + "\nevil"}, "may be another commit"),
        ({"url": REPOSITORY, "commit-id": f"{COMMIT}#egg=x"}, "may be another commit"),
        ({"url": REPOSITORY, "commit-id": "HEAD^{}"}, "may be another commit"),
        ({"type": "svn", "url": "https://127.0.0.1/x", "commit-id": "HEAD"}, "may be another commit"),
        ({"type": "cvs", "url": "https://127.0.0.1/x", "commit-id": "1"}, "'cvs', which pip does not know"),
        ({"url": f"{REPOSITORY}@main#x=", "commit-id": COMMIT}, "no address of a repository"),
        ({"url": f"{REPOSITORY}\n--index-url=http://127.0.0.1/", "commit-id": COMMIT}, "no address"),
        ({"url": "ext::sh -c true", "commit-id": COMMIT}, "no address of a repository"),
        ({"url": "--upload-pack=true", "commit-id": COMMIT}, "no address of a repository"),
        ({"url": REPOSITORY, "commit-id": COMMIT, "subdirectory": "../x"}, "subdirectory '../x', which is none"),
        ({"url": REPOSITORY, "commit-id": COMMIT, "subdirectory": "x&egg=y"}, "no part of an address"),
        ({"url": REPOSITORY, "commit-id": COMMIT, "subdirectory": "x\n-r y"}, "which is none"),
    ],
)
def test_a_lock_names_one_commit_of_one_repository(
    vcs: dict[str, str], words: str, target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    lock = lock_of({"name": "demo", "vcs": {"type": "git", **vcs}})
    with pytest.raises(FetchError) as caught:
        collected(lock, target, store, resolver, tmp_path)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"archive": {"url": "https://127.0.0.1/a/.."}}, "'..', and that would be written elsewhere"),
        ({"archive": {"url": "https://127.0.0.1/a/"}}, "'', and that would be written elsewhere"),
        ({"archive": {"url": "https://127.0.0.1/a%0Ab.zip"}}, "'a\\nb.zip', and that would be"),
        (
            {"wheels": {"name": "demo-1.0-1/../x-py3-none-any.whl", "url": "https://127.0.0.1/x"}},
            "is no file name",
        ),
    ],
)
def test_a_file_of_a_lock_has_the_name_of_a_file(
    source: dict[str, dict[str, Any]],
    words: str,
    target: Target,
    store: Store,
    resolver: Resolver,
    tmp_path: Path,
) -> None:
    [(kind, file)] = source.items()
    file = {**file, "hashes": {"sha256": "0" * 64}}
    package: dict[str, Any] = {"name": "demo", kind: [file] if kind == "wheels" else file}
    with pytest.raises(FetchError) as caught:
        collected(lock_of(package), target, store, resolver, tmp_path)
    assert words in caught.value.message


@pytest.mark.parametrize("kind", ["archive", "directory"])
def test_a_subdirectory_is_inside(
    kind: str, target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    sdist = sdist_in(tmp_path)
    make_project(tmp_path, "victim", files={"victim/__init__.py": ""})
    sources: dict[str, dict[str, Any]] = {
        "archive": {"path": sdist.name, "hashes": {"sha256": sha256(sdist)}},
        "directory": {"path": "."},
    }
    package = {"name": "demo", kind: {**sources[kind], "subdirectory": "../victim"}}
    with pytest.raises(FetchError, match="subdirectory"):
        collected(lock_of(package), target, store, resolver, tmp_path)


def test_a_branch_named_like_the_commit_is_not_taken_for_it(
    target: Target, store: Store, resolver: Resolver, tmp_path: Path
) -> None:
    repository = make_project(tmp_path, "demo", files={"demo/__init__.py": ""})
    commit = committed(repository)
    (repository / "demo" / "__init__.py").write_text("evil = True\n")
    other = committed(repository)
    git(repository, "update-ref", f"refs/heads/{commit}", other)
    vcs = {"type": "git", "url": repository.as_uri(), "commit-id": commit}
    with pytest.raises(FetchError, match="has a branch or tag called"):
        collected(lock_of({"name": "demo", "vcs": vcs}), target, store, resolver, tmp_path)
