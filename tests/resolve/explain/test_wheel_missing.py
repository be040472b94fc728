"""Wheels that are missing for a target, against an index: both resolvers say the same, and all of it is true."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.pylock import Pylock
from packaging.requirements import Requirement

from pexlite.errors import ResolutionError
from pexlite.fetch.collect import collect
from pexlite.model import IndexSettings, Root, no_report
from pexlite.resolve.lock import Resolution, resolve
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from pexlite.targets.interpreters import running_target
from pexlite.targets.platforms import platform_target
from tests.factories import make_project, make_wheel
from tests.index import serve
from tests.network.server import Server

OLD_LINUX = "manylinux2014_x86_64-cp-312-cp312"
NEW_LINUX = "manylinux_2_28_x86_64-cp-312-cp312"
both = pytest.mark.parametrize("resolver", ["uv", "pip"])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "files"
    directory.mkdir()
    for version, tag in [
        ("1.4", "cp312-cp312-manylinux_2_17_x86_64"),
        ("2.0", "cp312-cp312-manylinux_2_28_x86_64"),
        ("2.0", "cp311-cp311-manylinux_2_17_x86_64"),
        ("2.0", "cp312-cp312-macosx_14_0_arm64"),
    ]:
        make_wheel(directory, "core", version, tag=tag)
    make_wheel(directory, "app", requires=["core>=2"])
    return directory


@pytest.fixture
def index(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    with Server() as server:
        yield serve(server, files)


def locked(resolver: str, index: str, requirement: str, *targets: str) -> Pylock:
    settings = IndexSettings(index_url=index, retries=0)
    return resolve(
        Resolution(
            [Root(Requirement(requirement), "the test")],
            (),
            [platform_target(target) for target in targets],
            settings,
        ),
        find_resolver(resolver),
        no_report,
    )


@both
def test_what_is_asked_for_is_named_with_its_version_its_target_and_ways_out(resolver: str, index: str) -> None:
    with pytest.raises(ResolutionError) as caught:
        locked(resolver, index, "core>=2", OLD_LINUX)
    assert caught.value.message == "core 2.0 has no wheel for cp312 on linux_x86_64 with glibc 2.17"
    assert "the newest version for cp312 on linux_x86_64 is core 1.4" in caught.value.causes
    assert caught.value.hint
    for way in ("core==1.4", "--platform manylinux_2_28_x86_64-cp-312-cp312", "-cp-311-cp311"):
        assert way in caught.value.hint


@both
def test_of_a_dependency_it_is_told_who_asks_for_it(resolver: str, index: str) -> None:
    with pytest.raises(ResolutionError) as caught:
        locked(resolver, index, "app", OLD_LINUX)
    assert caught.value.message == "core 2.0 has no wheel for cp312 on linux_x86_64 with glibc 2.17"
    assert "depends on core>=2" in caught.value.causes[0]
    assert caught.value.causes[0].startswith(("app", "all versions of app"))
    assert "--override 'core==1.4'" in str(caught.value.hint)


@both
def test_every_target_without_a_wheel_is_told_at_once(resolver: str, index: str) -> None:
    with pytest.raises(ResolutionError, match="wheels are missing for 2 targets") as caught:
        locked(resolver, index, "core==2", OLD_LINUX, NEW_LINUX, "win_amd64-cp-312-cp312")
    told = "\n".join(caught.value.causes)
    assert "core 2.0 has no wheel for cp312 on linux_x86_64 with glibc 2.17" in told
    assert "core 2.0 has no wheel for cp312 on win_amd64" in told
    assert "2.28" not in told.partition("win_amd64")[2]


@both
def test_a_project_that_is_nowhere_is_not_one_without_wheels(resolver: str, index: str) -> None:
    with pytest.raises(ResolutionError, match="there is no project gone in the package index"):
        locked(resolver, index, "gone", OLD_LINUX)


@both
def test_a_version_that_is_nowhere_is_not_one_without_wheels(resolver: str, index: str) -> None:
    with pytest.raises(ResolutionError, match="no version of core satisfies core"):
        locked(resolver, index, "core==9", OLD_LINUX)


@both
def test_a_source_distribution_of_pure_python_serves_a_target_that_is_not_here(
    resolver: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    project = make_project(tmp_path, "pure", files={"pure.py": "x = 1\n"}, requires=['core; os_name == "nt"'])
    with tarfile.open(files / "pure-1.0.tar.gz", "w:gz") as archive:
        archive.add(project, "pure-1.0")
    target = platform_target(OLD_LINUX)
    with Server() as server:
        url = serve(server, files)
        lock = locked(resolver, url, "pure", OLD_LINUX)
        settings, store = IndexSettings(index_url=url), Store(tmp_path / "store")
        wheels = collect(lock, Workshop(store, settings, find_resolver(resolver), (target,), no_report))
    assert [wheel.filename for wheel in wheels] == ["pure-1.0-py3-none-any.whl"]


SETTINGS = [
    ("PIP_ONLY_BINARY", "unset PIP_ONLY_BINARY"),
    ("UV_NO_BUILD_PACKAGE", "unset UV_NO_BUILD_PACKAGE"),
    (None, "take core out of only-binary in the requirements file or pip's configuration"),
]


@both
@pytest.mark.parametrize("requirement", ["core", "core==1.0"])
@pytest.mark.parametrize(("variable", "hint"), SETTINGS)
def test_where_only_wheels_may_be_taken_it_is_told_what_says_so(
    requirement: str,
    variable: str | None,
    hint: str,
    resolver: str,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "core-1.0.tar.gz").write_bytes(b"never read")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    if variable:
        monkeypatch.setenv(variable, "core")
    index = serve(server, tmp_path / "files")
    settings = IndexSettings(index_url=index, retries=0, only_binary=("core",))
    root = Root(Requirement(requirement), "the test")
    with pytest.raises(ResolutionError, match=r"core 1\.0 has no wheel for ") as caught:
        resolve(Resolution([root], (), [running_target()], settings), find_resolver(resolver), no_report)
    assert "core 1.0 is there as a source distribution only" in caught.value.causes
    assert f"let it be built from source: {hint}" in str(caught.value.hint)
