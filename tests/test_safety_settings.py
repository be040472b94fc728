"""Settings by which pip runs no sources and takes only known bytes hold in every build, or the build ends."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import FetchError, PexliteError, ResolutionError, UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build as build_file
from pexlite.pylock.write import lock_text, write_lock
from tests.factories import make_project, make_wheel
from tests.pylock.values import lock_of, sha256, wheel_entry

pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """plain 1.0 as a wheel; noisy 1.0 as a source distribution that leaves a file, BUILT, beside it."""
    directory = tmp_path / "links"
    directory.mkdir()
    make_wheel(directory, "plain", files={"plain.py": "x = 1\n"})
    project = make_project(tmp_path / "sources", "noisy", files={"noisy.py": "x = 1\n"})
    with (project / "backend.py").open("a") as backend:
        backend.write(f"\nopen({str(tmp_path / 'BUILT')!r}, 'w').close()\n")
    (project / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: noisy\nVersion: 1.0\n")
    with tarfile.open(directory / "noisy-1.0.tar.gz", "w:gz") as archive:
        archive.add(project, "noisy-1.0")
    return directory


def build(directory: Path, *inputs: str, **more: Any) -> BuildResult:
    index = IndexSettings(no_index=True, find_links=(str(directory / "links"),))
    output = Path("x.pex")
    return build_file(BuildRequest(directory=directory, requirements=inputs, index=index, output=output, **more))


def locked(directory: Path, *packages: dict[str, Any]) -> Path:
    file = directory / "pylock.toml"
    write_lock(lock_text(lock_of(*packages)), file)
    return file


def noisy(directory: Path, **more: Any) -> dict[str, Any]:
    file = directory / "links" / "noisy-1.0.tar.gz"
    return {
        "name": "noisy",
        "version": "1.0",
        "sdist": {"path": f"links/{file.name}", "hashes": {"sha256": sha256(file)}},
        **more,
    }


# -- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [":all:", "noisy", "plain,noisy"])
def test_nothing_of_a_lock_is_built_where_only_wheels_may_be_taken(
    said: str, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = locked(tmp_path, noisy(tmp_path))
    monkeypatch.setenv("PIP_ONLY_BINARY", said)
    with pytest.raises(FetchError, match="noisy would be built from source, and only-binary forbids that"):
        build(tmp_path, lock=lock)
    assert not (tmp_path / "BUILT").exists()


def test_the_source_of_a_lock_is_built_where_nothing_forbids_it(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_ONLY_BINARY", "noisy,:none:,plain")
    result = build(tmp_path, lock=locked(tmp_path, noisy(tmp_path)))
    assert [wheel.name for wheel in result.wheels] == ["noisy"]
    assert (tmp_path / "BUILT").exists()


@pytest.mark.parametrize("variables", [{"UV_NO_BUILD": "1"}, {"UV_NO_BUILD_PACKAGE": "other noisy"}])
def test_uv_s_own_word_against_building_holds_for_a_lock_too(
    variables: dict[str, str], links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(FetchError, match="only-binary forbids that"):
        build(tmp_path, lock=locked(tmp_path, noisy(tmp_path)))


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_for_another_platform_nothing_is_built_either(
    resolver: str, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_ONLY_BINARY", "noisy")
    with pytest.raises(ResolutionError, match=r"noisy 1\.0 has no wheel for cp312"):
        build(tmp_path, "noisy", platforms=("linux_aarch64-cp-312-cp312",), resolver=resolver)
    assert not (tmp_path / "BUILT").exists()


def test_a_decision_made_before_a_setting_is_not_recalled_after_it(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = locked(tmp_path, noisy(tmp_path))
    build(tmp_path, lock=lock)
    (tmp_path / "pip.conf").write_text("[global]\nonly-binary = :all:\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    with pytest.raises(FetchError, match="only-binary"):
        build(tmp_path, lock=lock)


def test_an_archive_or_a_checkout_of_a_lock_is_a_source_too(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = {"name": "noisy", "archive": noisy(tmp_path)["sdist"]}
    checkout = {"name": "other", "vcs": {"type": "git", "path": "repository", "commit-id": "0" * 40}}
    monkeypatch.setenv("PIP_ONLY_BINARY", ":all:")
    with pytest.raises(FetchError, match="breaks 2 rules"):
        build(tmp_path, lock=locked(tmp_path, archive, checkout))
    assert not (tmp_path / "BUILT").exists()


@pytest.mark.parametrize("with_source", [True, False])
def test_the_source_is_taken_where_no_wheel_may_be(
    with_source: bool, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = wheel_entry(make_wheel(tmp_path, "noisy", files={"noisy.py": "x = 2\n"}))
    lock = locked(tmp_path, (noisy(tmp_path) if with_source else {}) | wheel)
    monkeypatch.setenv("PIP_NO_BINARY", "noisy")
    if with_source:
        build(tmp_path, lock=lock)
        assert (tmp_path / "BUILT").exists()
    else:
        with pytest.raises(FetchError, match="noisy has only wheels, and no-binary asks for its source"):
            build(tmp_path, lock=lock)


# -- digests -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["md5", "sha1", "shake_128"])
def test_a_digest_that_proves_nothing_is_no_hash(kind: str, links: Path, tmp_path: Path) -> None:
    entry = wheel_entry(links / "plain-1.0-py3-none-any.whl", hashes={kind: "00" * 16})
    with pytest.raises(FetchError, match=f"plain has a digest by {kind} alone"):
        build(tmp_path, lock=locked(tmp_path, entry))


def test_beside_a_good_digest_others_do_no_harm(links: Path, tmp_path: Path) -> None:
    wheel = links / "plain-1.0-py3-none-any.whl"
    entry = wheel_entry(wheel, hashes={"sha256": sha256(wheel), "shake_128": "00" * 16})
    assert build(tmp_path, lock=locked(tmp_path, entry)).written


def test_attestations_are_said_to_be_unchecked(links: Path, tmp_path: Path) -> None:
    identity = {"kind": "GitHub", "repository": "someone/plain", "workflow": "release.yml"}
    entry = wheel_entry(links / "plain-1.0-py3-none-any.whl") | {"attestation-identities": [identity]}
    notices = build(tmp_path, lock=locked(tmp_path, entry)).notices
    assert notices == ("the lock's attestation identities are not checked, only its hashes: plain",)


# -- hashes for everything -----------------------------------------------------------------------


def by_file(text: str) -> dict[str, Any]:
    return {"text": f"--require-hashes\n{text}", "setting": ""}


def by_setting(text: str) -> dict[str, Any]:
    return {"text": text, "setting": "1"}


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("how", [by_file, by_setting])
@pytest.mark.parametrize("project", ["plain", "noisy"])
def test_what_has_no_hash_is_refused_before_anything_of_it_runs(
    project: str, how: Any, resolver: str, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = how(f"{project}==1.0\n")
    (tmp_path / "requirements.txt").write_text(asked["text"])
    monkeypatch.setenv("PIP_REQUIRE_HASHES", asked["setting"])
    with pytest.raises(ResolutionError, match="hashes are required") as caught:
        build(tmp_path, requirement_files=("requirements.txt",), resolver=resolver)
    assert caught.value.causes == (f"{project} of requirements.txt line {1 + ('--' in asked['text'])} has none",)
    assert not (tmp_path / "BUILT").exists()


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_a_source_with_another_hash_is_not_built_to_learn_what_it_needs(
    resolver: str, links: Path, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text(f"noisy==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(PexliteError):
        build(tmp_path, requirement_files=("requirements.txt",), resolver=resolver)
    assert not (tmp_path / "BUILT").exists()


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_with_its_hash_a_source_is_built_and_own_code_needs_none(
    resolver: str, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_REQUIRE_HASHES", "yes")
    make_project(tmp_path, "mine", files={"mine.py": "x = 1\n"}, requires=["noisy"])
    (tmp_path / "r.txt").write_text(f"noisy==1.0 --hash=sha256:{sha256(links / 'noisy-1.0.tar.gz')}\n")
    result = build(tmp_path, "./mine", requirement_files=("r.txt",), resolver=resolver)
    assert sorted(wheel.name for wheel in result.wheels) == ["mine", "noisy"]


def test_a_file_at_hand_and_a_checkout_of_a_lock_need_a_hash_as_well(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_REQUIRE_HASHES", "1")
    wheel = links / "plain-1.0-py3-none-any.whl"
    with pytest.raises(UsageError, match="some files have none"):
        build(tmp_path, f"./links/{wheel.name}")
    (tmp_path / "r.txt").write_text(f"./links/{wheel.name} --hash=sha256:{sha256(wheel)}\n")
    assert build(tmp_path, requirement_files=("r.txt",)).written
    checkout = {"name": "other", "vcs": {"type": "git", "path": "repository", "commit-id": "0" * 40}}
    with pytest.raises(FetchError, match="other comes from git, which has no hash"):
        build(tmp_path, lock=locked(tmp_path, checkout))
