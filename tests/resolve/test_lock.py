"""uv and pip resolve the same, offline, for this Python and for others, and say why when they cannot."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.pylock import PackageArchive, PackageWheel, Pylock
from packaging.requirements import Requirement

from pexlite.errors import ResolutionError
from pexlite.model import IndexSettings, Root, Target, no_report
from pexlite.resolve.lock import Resolution
from pexlite.resolve.lock import resolve as resolve_all
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.resolvers import find_resolver
from pexlite.resolve.uv import Uv
from pexlite.resolve.uv_program import UvProgram
from pexlite.targets.interpreters import running_target
from pexlite.targets.platforms import platform_target
from tests.factories import make_wheel

HERE = running_target()
MAC = platform_target("macosx_14_0_arm64-cp-313-cp313")
PYPY = platform_target("linux_x86_64-pp-310-pypy310_pp73")


@pytest.fixture(params=["uv", "pip"])
def resolver(request: pytest.FixtureRequest) -> Resolver:
    return find_resolver(request.param)


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A directory of wheels: app needs core, and only_mac on macOS; core 2 needs Python 3.12."""
    directory = tmp_path / "links"
    directory.mkdir()
    needs = ["core>=1", 'only-mac; sys_platform == "darwin"', 'web; extra == "web"']
    make_wheel(directory, "app", "1.0", requires=needs, extras=["web"])
    make_wheel(directory, "core", "1.0")
    make_wheel(directory, "core", "1.5")
    make_wheel(directory, "core", "2.0", requires_python=">=3.12")
    make_wheel(directory, "only-mac", "1.0", tag="cp313-cp313-macosx_11_0_arm64")
    make_wheel(directory, "web", "1.0")
    make_wheel(directory, "strict", "1.0", requires=["core<1.5"])
    return directory


def resolve(
    links: Path,
    resolver: Resolver,
    *requirements: str,
    targets: Sequence[Target] = (HERE,),
    constraints: Sequence[str] = (),
    hashes: Sequence[str] = (),
) -> Pylock:
    roots = [Root(Requirement(text), "the test", tuple(hashes)) for text in requirements]
    settings = IndexSettings(no_index=True, find_links=(str(links),))
    return resolve_all(Resolution(roots, constraints, targets, settings), resolver, no_report)


def selected(found: Pylock, target: Target) -> dict[str, str]:
    chosen = found.select(environment=target.environment, tags=target.tags)
    return {package.name: str(package.version) for package, _ in chosen}


def test_nothing_asked_for_is_an_empty_lock_without_a_run() -> None:
    nowhere = Uv(UvProgram(("/nowhere/uv",)))
    assert resolve(Path("/nowhere"), nowhere).packages == []


def test_the_newest_versions_that_fit_are_locked_with_hashes(links: Path, resolver: Resolver) -> None:
    target = platform_target("linux_x86_64-cp-311-cp311")
    found = resolve(links, resolver, "app[web]", targets=[target])
    assert selected(found, target) == {"app": "1.0", "core": "1.5", "web": "1.0"}
    for _, file in found.select(environment=target.environment, tags=target.tags):
        assert isinstance(file, PackageWheel)
        content = (links / file.filename).read_bytes()
        assert file.hashes == {"sha256": hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize("target", [MAC, PYPY], ids=lambda target: target.name)
def test_another_target_is_resolved_with_its_own_markers_and_tags(
    links: Path, resolver: Resolver, target: Target
) -> None:
    expected = {"app": "1.0", "core": "2.0", "only-mac": "1.0"} if target is MAC else {"app": "1.0", "core": "1.5"}
    assert selected(resolve(links, resolver, "app", targets=[target]), target) == expected


def test_several_targets_are_one_lock(links: Path, resolver: Resolver) -> None:
    old, musl = (platform_target(f"{name}_x86_64-cp-311-cp311") for name in ("linux", "musllinux_1_2"))
    found = resolve(links, resolver, "app", targets=[old, musl, MAC])
    assert selected(found, old) == selected(found, musl) == {"app": "1.0", "core": "1.5"}
    assert selected(found, MAC) == {"app": "1.0", "core": "2.0", "only-mac": "1.0"}


def test_a_constraint_is_kept_to(links: Path, resolver: Resolver, tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("core<1.5\n")
    found = resolve(links, resolver, "app", constraints=[str(tmp_path / "constraints.txt")])
    assert selected(found, HERE)["core"] == "1.0"


def test_a_local_wheel_is_an_archive_with_its_hash(links: Path, resolver: Resolver, tmp_path: Path) -> None:
    store = tmp_path / "with space"
    store.mkdir()
    wheel = make_wheel(store, "mine", "3.0", requires=["core"])
    found = resolve(links, resolver, f"mine @ {wheel.as_uri()}")
    archives = {package.name: package.archive for package in found.packages if package.archive}
    assert archives == {
        "mine": PackageArchive(
            url=wheel.as_uri(), hashes={"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
        )
    }


def test_only_the_files_with_the_hash_asked_for_are_locked(links: Path, resolver: Resolver) -> None:
    digest = hashlib.sha256((links / "core-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    found = resolve(links, resolver, "core==1.0", hashes=[f"sha256:{digest}"])
    assert selected(found, HERE) == {"core": "1.0"}


@pytest.mark.parametrize(
    ("requirements", "hashes", "message"),
    [
        (["core==1.0"], [f"sha256:{'0' * 64}"], "no file of core"),
        (["app==1.0"], ["THE RIGHT ONE"], "all of them need one"),
        (["app", "core>=1.5", "strict"], [], "fit together"),
        (["absent"], [], "there is no project absent"),
        (["coer"], [], "there is no project coer"),
        (["core==9"], [], "no version of core satisfies core==9"),
    ],
)
def test_a_failure_is_one_sentence_about_what_was_asked(
    links: Path, resolver: Resolver, requirements: list[str], hashes: list[str], message: str
) -> None:
    app = hashlib.sha256((links / "app-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    wanted = [f"sha256:{app}" if digest == "THE RIGHT ONE" else digest for digest in hashes]
    with pytest.raises(ResolutionError) as caught:
        resolve(links, resolver, *requirements, hashes=wanted)
    assert message in caught.value.message
    assert caught.value.hint
    said = "\n".join([caught.value.message, *caught.value.causes])
    assert "pexlite-resolve-" not in said


def test_without_an_index_the_hint_names_no_index_to_ask(links: Path, resolver: Resolver) -> None:
    with pytest.raises(ResolutionError, match="there is no project absent in --find-links") as caught:
        resolve(links, resolver, "absent")
    assert caught.value.hint == "check the spelling, leave out --no-index, or name a directory that has it: -f DIR"


def test_a_misspelt_name_gets_the_nearest_one_at_hand(links: Path, resolver: Resolver) -> None:
    with pytest.raises(ResolutionError) as caught:
        resolve(links, resolver, "coree")
    assert caught.value.hint == "did you mean core?"


@pytest.mark.network
@pytest.mark.parametrize(
    ("requirements", "target"),
    [
        (["requests", "click"], HERE),
        (["httpx[http2]", 'colorama; sys_platform == "win32"'], HERE),
        (["numpy"], platform_target("linux_x86_64-cp-311-cp311")),
        (["numpy", 'appnope; sys_platform == "darwin"'], MAC),
    ],
)
def test_uv_and_pip_choose_the_same_versions(
    monkeypatch: pytest.MonkeyPatch, requirements: list[str], target: Target
) -> None:
    monkeypatch.delenv("PIP_CONFIG_FILE")
    roots = [Root(Requirement(text), "the test") for text in requirements]
    resolution = Resolution(roots, (), [target], IndexSettings())
    chosen = [selected(resolve_all(resolution, find_resolver(name), no_report), target) for name in ("uv", "pip")]
    assert chosen[0] == chosen[1]
