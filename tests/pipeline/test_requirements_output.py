"""A lock in the form of a requirements file: pip installs exactly what it names, with every hash checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import PexliteError, UsageError
from pexlite.model import BuildRequest, IndexSettings, LockResult, LockTerms
from pexlite.pipeline.lock import lock
from pexlite.pylock.write import lock_text
from tests.factories import make_project, make_wheel
from tests.index import serve
from tests.network.server import Server
from tests.pylock.values import lock_of, wheel_entry

pytestmark = pytest.mark.usefixtures("bare_machine")
OUTPUT = Path("requirements.txt")


@pytest.fixture
def index(tmp_path: Path, server: Server) -> str:
    """An index with rich, which needs click, and colour on Windows; click has two wheels and an sdist."""
    directory = tmp_path / "files"
    directory.mkdir()
    make_wheel(directory, "click", "8.0")
    make_wheel(directory, "click", "8.0", tag="cp39-cp39-win_amd64")
    make_wheel(directory, "rich", requires=["click", "colour; sys_platform == 'win32'"])
    make_wheel(directory, "colour")
    return serve(server, directory)


def locked(directory: Path, *inputs: str, terms: LockTerms | None = None, **more: Any) -> LockResult:
    given = {"output": OUTPUT, **more}
    return lock(BuildRequest(directory=directory, requirements=inputs, **given), terms=terms or LockTerms())


def installed(directory: Path, index: str) -> list[str]:
    """The projects that pip installs from the requirements file, and nothing else."""
    words = ["-m", "pip", "install", "--quiet", "--isolated", "--disable-pip-version-check", "--no-cache-dir"]
    words += ["--index-url", index, "--require-hashes", "--no-deps", "--target", "there", "-r", str(OUTPUT)]
    subprocess.run([sys.executable, *words], cwd=directory, check=True)
    return sorted(path.name.partition(".dist-info")[0] for path in (directory / "there").glob("*.dist-info"))


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_pip_installs_what_was_locked(resolver: str, index: str, tmp_path: Path) -> None:
    result = locked(tmp_path, "rich", resolver=resolver, index=IndexSettings(index_url=index))
    assert result.path == tmp_path / OUTPUT
    assert installed(tmp_path, index) == ["click-8.0", "rich-1.0"]
    assert index not in result.text
    assert any(index in notice for notice in result.notices)


def test_another_file_under_the_same_name_is_refused(index: str, tmp_path: Path, server: Server) -> None:
    locked(tmp_path, "rich", resolver="pip", index=IndexSettings(index_url=index))
    make_wheel(tmp_path / "files", "click", "8.0", files={"evil.py": ""})
    other = serve(server, tmp_path / "files", at="/other")
    with pytest.raises(subprocess.CalledProcessError):
        installed(tmp_path, other)


def test_a_lock_becomes_a_requirements_file_without_resolving(index: str, tmp_path: Path) -> None:
    locked(tmp_path, "rich", output=Path("pylock.toml"), index=IndexSettings(index_url=index))
    make_wheel(tmp_path / "files", "click", "9.0")
    result = locked(tmp_path, "pylock.toml")
    assert installed(tmp_path, index) == ["click-8.0", "rich-1.0"]
    assert 'colour==1.0 ; sys_platform == "win32" \\\n    --hash=sha256:' in result.text
    assert result.text == locked(tmp_path, "pylock.toml", output=None, terms=LockTerms(format="requirements")).text


@pytest.mark.parametrize(
    ("marker", "groups", "expected"),
    [
        ("'dev' in dependency_groups", (), None),
        ("'dev' in dependency_groups", ("dev",), "click==8.0"),
        ("'dev' not in dependency_groups", ("dev",), None),
        ("'main' in dependency_groups or 'dev' in dependency_groups", (), "click==8.0"),
        ("'gui' in extras", (), None),
        ("sys_platform == 'win32'", (), 'click==8.0 ; sys_platform == "win32"'),
        (
            "'dev' in dependency_groups and sys_platform == 'win32'",
            ("dev",),
            "click==8.0 ; python_version >= '0' and sys_platform == \"win32\"",
        ),
    ],
)
def test_extras_and_groups_are_settled(
    marker: str, groups: tuple[str, ...], expected: str | None, tmp_path: Path
) -> None:
    entry = wheel_entry(make_wheel(tmp_path, "click", "8.0")) | {"marker": marker}
    more = {"dependency-groups": ["dev", "main"], "default-groups": ["main"], "extras": ["gui"]}
    (tmp_path / "pylock.toml").write_text(lock_text(lock_of(entry, **more)))
    text = locked(tmp_path, "pylock.toml", groups=groups).text
    lines = [line.removesuffix(" \\") for line in text.splitlines() if line.startswith("click")]
    assert lines == ([expected] if expected else [])


def test_what_has_no_hash_stays_out_and_is_told(index: str, tmp_path: Path) -> None:
    make_project(tmp_path, "mine", files={"mine.py": ""}, requires=["click"])
    result = locked(tmp_path, "./mine", index=IndexSettings(index_url=index))
    assert "# left out, it has no hash: mine in mine\n" in result.text
    assert any("mine in mine" in notice for notice in result.notices)
    assert installed(tmp_path, index) == ["click-8.0"]


def test_a_repository_is_left_out_by_the_commit_that_was_locked(tmp_path: Path) -> None:
    source = {
        "type": "git",
        "url": "https://x.test/core.git",
        "commit-id": "0123456789abcdef",
        "subdirectory": "lib",
    }
    (tmp_path / "pylock.toml").write_text(lock_text(lock_of({"name": "core", "version": "1.0", "vcs": source})))
    wanted = "core @ git+https://x.test/core.git@0123456789abcdef#subdirectory=lib"
    assert f"# left out, it has no hash: {wanted}\n" in locked(tmp_path, "pylock.toml").text


def test_a_url_is_written_with_its_hash(tmp_path: Path) -> None:
    archive = {"url": "https://x.test/core-1.0.tar.gz", "hashes": {"sha256": "ab" * 32}, "subdirectory": "lib"}
    (tmp_path / "pylock.toml").write_text(lock_text(lock_of({"name": "core", "archive": archive})))
    text = locked(tmp_path, "pylock.toml").text
    url = "https://x.test/core-1.0.tar.gz#subdirectory=lib"
    assert f"\ncore @ {url} \\\n    --hash=sha256:{'ab' * 32}\n" in text


def test_versions_of_a_requirements_file_stay_as_well(index: str, tmp_path: Path, server: Server) -> None:
    locked(tmp_path, "rich", index=IndexSettings(index_url=index))
    make_wheel(tmp_path / "files", "click", "9.0")
    newer = IndexSettings(index_url=serve(server, tmp_path / "files", at="/newer"))
    again = locked(tmp_path, "rich", index=newer)
    assert again.changes == ()
    upgraded = locked(tmp_path, "rich", index=newer, terms=LockTerms(upgrade=True))
    assert list(map(str, upgraded.changes or ())) == ["click 8.0 -> 9.0"]


def test_a_requirements_file_of_others_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / OUTPUT).write_text("click\n")
    with pytest.raises(PexliteError, match="requirements file that pexlite lock wrote"):
        locked(tmp_path, "rich")
    assert (tmp_path / OUTPUT).read_text() == "click\n"


@pytest.mark.parametrize(
    ("inputs", "more", "terms", "named"),
    [
        (["rich"], {}, LockTerms(), "what is named beside it"),
        ([], {"excluded": ("click",)}, LockTerms(), "--exclude"),
        ([], {"pythons": ("3.11",)}, LockTerms(), "--python"),
        ([], {}, LockTerms(upgraded=("click",)), "--upgrade-package"),
        ([], {"index": IndexSettings(no_index=True)}, LockTerms(), "indexes"),
    ],
)
def test_nothing_is_asked_of_a_lock_that_is_only_written(
    inputs: list[str], more: dict[str, Any], terms: LockTerms, named: str, tmp_path: Path
) -> None:
    (tmp_path / "pylock.toml").write_text(lock_text(lock_of(wheel_entry(make_wheel(tmp_path, "click")))))
    with pytest.raises(UsageError, match=named):
        locked(tmp_path, "pylock.toml", *inputs, terms=terms, **more)


def test_a_lock_is_not_replaced_by_the_requirements_made_of_it(tmp_path: Path) -> None:
    text = lock_text(lock_of(wheel_entry(make_wheel(tmp_path, "click"))))
    (tmp_path / "pylock.toml").write_text(text)
    same = {"output": Path("pylock.toml"), "force": True}
    with pytest.raises(UsageError, match="cannot be its output as well"):
        locked(tmp_path, "pylock.toml", terms=LockTerms(format="requirements"), **same)
    assert (tmp_path / "pylock.toml").read_text() == text


@pytest.mark.parametrize("name", ["click\n--index-url https://x.test", "click --pre"])
def test_no_lock_writes_an_option_into_the_file(name: str, tmp_path: Path) -> None:
    archive = {"url": f"https://x.test/{name}", "hashes": {"sha256": "ab" * 32}}
    (tmp_path / "pylock.toml").write_text(lock_text(lock_of({"name": "core", "archive": archive})))
    with pytest.raises(UsageError):
        locked(tmp_path, "pylock.toml")
    assert not (tmp_path / OUTPUT).exists()
