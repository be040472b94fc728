"""A lock is written as a file with the right text and nothing of this machine in it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.pylock import Pylock

from pexlite.errors import WriteError
from pexlite.model import LocalKind, LocalSource
from pexlite.pylock.write import lock_text, portable, write_lock
from tests.factories import make_wheel
from tests.pylock.values import lock_of, sha256, wheel_entry

HASHES = {"sha256": "0" * 64}
URL = "https://files.test/a/click-1.0-py3-none-any.whl"


def entry(**changes: Any) -> dict[str, Any]:
    return {"name": "click", "version": "1.0", "wheels": [{"url": URL, "hashes": HASHES, **changes}]}


def test_the_text_is_read_back_as_the_same_lock() -> None:
    whole = lock_of(
        entry(**{"upload-time": datetime(2026, 1, 31, 12, tzinfo=UTC), "size": 5}),
        {
            "name": "here",
            "marker": "'web' in extras",
            "directory": {"path": '../a "b" \\ é', "editable": True},
            "tool": {"other.tool": {"dependencies": ["a>1", "b"]}},
        },
        {"name": "from-git", "vcs": {"type": "git", "url": "https://a.test/x.git", "commit-id": "abc"}},
        {"name": "sourced", "version": "2", "requires-python": ">=3.8", "dependencies": [{"name": "click"}]}
        | {"sdist": {"name": "sourced-2.tar.gz", "path": "sourced-2.tar.gz", "hashes": HASHES}},
        environments=["sys_platform == 'linux'"],
        extras=["web"],
        tool={"pexlite": {"excluded": ["a"]}, "x": {"y": {"z": [1, 2.5, False]}}},
    )
    text = lock_text(whole)
    assert Pylock.from_dict(tomllib.loads(text)).to_dict() == whole.to_dict()
    assert lock_text(Pylock.from_dict(tomllib.loads(text))) == text


def test_an_empty_lock_is_a_lock() -> None:
    assert Pylock.from_dict(tomllib.loads(lock_text(lock_of()))).packages == []


@example(key="wheels", text="")
@example(key="\u2028", text="\u2028\n\x85")
@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_out(key: str, text: str) -> None:
    table = {key or "x": {text or "y": text, "list": [text, text]}}
    package = {"name": "here", "directory": {"path": "."}, "tool": {"pexlite": table}}
    whole = lock_of(package, tool={"pexlite": table})
    read = tomllib.loads(lock_text(whole))
    assert read["tool"] == read["packages"][0]["tool"] == {"pexlite": table}
    assert len(lock_text(whole).split("\n\n")[1].split("\n")) == 4  # each table of a package on a line of its own


ADDRESSES = [
    ("https://someone:secret-for-test@files.test/a.whl", "https://files.test/a.whl"),
    ("https://secret-for-test@files.test/a.whl", "https://files.test/a.whl"),
    ("https://files.test/a.whl?x=1", "https://files.test/a.whl?x=1"),
]


@pytest.mark.parametrize(("address", "kept"), ADDRESSES)
def test_no_password_is_kept(address: str, kept: str, tmp_path: Path) -> None:
    [package] = portable(lock_of(entry(url=address, name="click-1.0-py3-none-any.whl")), tmp_path, {}).packages
    assert package.wheels is not None
    assert package.wheels[0].url == kept


INDEXES = [
    ("https://someone:secret-for-test@a.test/simple", None),
    ("file:///srv/simple", None),
    ("https://a.test/simple", "https://a.test/simple"),
]


@pytest.mark.parametrize(("index", "kept"), INDEXES)
def test_an_index_that_others_cannot_use_is_not_named(index: str, kept: str | None, tmp_path: Path) -> None:
    [package] = portable(lock_of({**entry(), "index": index}), tmp_path, {}).packages
    assert package.index == kept


CHECKOUTS = [
    ("https://someone:secret-for-test@a.test/x.git", "https://a.test/x.git"),
    ("ssh://git@a.test/x.git", "ssh://git@a.test/x.git"),
    ("ssh://git:secret-for-test@a.test/x.git", "ssh://git@a.test/x.git"),
]


@pytest.mark.parametrize(("address", "kept"), CHECKOUTS)
def test_a_repository_is_named_without_password(address: str, kept: str, tmp_path: Path) -> None:
    whole = lock_of({"name": "x", "vcs": {"type": "git", "url": address, "commit-id": "abc"}})
    [package] = portable(whole, tmp_path, {}).packages
    assert package.vcs is not None
    assert package.vcs.url == kept


def test_files_of_this_machine_are_named_from_where_the_lock_lies(tmp_path: Path) -> None:
    (tmp_path / "with space").mkdir()
    wheel = make_wheel(tmp_path / "with space", "click")
    (tmp_path / "locks").mkdir()
    moved = portable(lock_of(wheel_entry(wheel, wheel.as_uri())), tmp_path / "locks", {})
    assert moved.packages[0].wheels is not None
    assert moved.packages[0].wheels[0].path == "../with space/click-1.0-py3-none-any.whl"
    assert str(tmp_path) not in lock_text(moved)


SOURCES: list[tuple[LocalKind, str, dict[str, Any] | None]] = [
    (LocalKind.PROJECT, "app", {"directory": {"path": "../app"}}),
    (LocalKind.WHEEL, "app-1.0-py3-none-any.whl", {"version": "1.0"}),
    (LocalKind.SDIST, "app-1.0.tar.gz", {"version": "1.0"}),
    (LocalKind.MODULE, "app.py", None),
    (LocalKind.TREE, "src", None),
]


@pytest.mark.parametrize(("kind", "name", "expected"), SOURCES)
def test_local_code_is_named_by_its_source(
    kind: LocalKind, name: str, expected: dict[str, Any] | None, tmp_path: Path
) -> None:
    stored = make_wheel(tmp_path, "app", files={"app.py": ""})
    (tmp_path / "locks").mkdir()
    source = tmp_path / name
    if kind in (LocalKind.SDIST, LocalKind.WHEEL):
        source.write_bytes(b"content")
        archive = {"path": f"../{name}", "size": 7, "hashes": {"sha256": sha256(source)}}
        expected = {**(expected or {}), "archive": archive}
    whole = lock_of({"name": "app", "version": "1.0", "archive": {"url": stored.as_uri(), "hashes": HASHES}})
    local = {stored: LocalSource(kind, source, "the test")}
    found = portable(whole, tmp_path / "locks", local).to_dict()["packages"]
    assert found == ([{"name": "app", **expected}] if expected else [])


def test_packages_stand_in_an_order_of_their_own(tmp_path: Path) -> None:
    first, second = entry(), {"name": "a", "directory": {"path": "a"}}
    assert [found.name for found in portable(lock_of(first, second), tmp_path, {}).packages] == ["a", "click"]


def test_a_lock_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "pylock.toml").mkdir()
    with pytest.raises(WriteError, match="is a directory"):
        write_lock("x", tmp_path / "pylock.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["pylock.toml"]
