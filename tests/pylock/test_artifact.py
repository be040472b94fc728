"""A lock's words on a file are checked before anything is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import FetchError
from pexlite.pylock.artifact import Remote, inside, lock_path, remote_file
from tests.pylock.values import lock_of

ADDRESS = "https://a.example/a-1.0-py3-none-any.whl"
DIGESTS = {"sha256": "0" * 64}


def remote(kind: str, directory: Path | None, **entry: Any) -> Remote:
    """The file of a lock's package `a`, whose entry of that kind is `entry`."""
    entry = {"hashes": DIGESTS, **entry}
    (package,) = lock_of({"name": "a", "version": "1.0", kind: [entry] if kind == "wheels" else entry}).packages
    source = package.wheels[0] if package.wheels else package.archive
    assert source is not None
    return remote_file(package, source, directory)


@pytest.mark.parametrize(
    ("kind", "entry", "says"),
    [
        ("wheels", {"url": ADDRESS, "hashes": {"rot13": "00"}}, "by rot13, which is unknown here"),
        (
            "wheels",
            {"url": ADDRESS, "hashes": {"shake_128": "00"}},
            "by shake_128, which is unknown here",
        ),
        ("archive", {"url": "https://a.example/a/.."}, "a file of a called '..'"),
        ("archive", {"url": "https://a.example/"}, "a file of a called ''"),
        ("archive", {"path": "a.zip"}, "lies at a.zip, and it is not known where the lock lies"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(kind: str, entry: dict[str, Any], says: str) -> None:
    with pytest.raises(FetchError) as refused:
        remote(kind, None, **entry)
    assert says in str(refused.value)


def test_an_archive_is_called_after_the_last_part_of_its_address() -> None:
    assert remote("archive", None, url="https://a.example/a%2F..%2Fb.zip?x=c.zip").filename == "b.zip"


def test_a_known_digest_is_enough_and_is_read_in_any_case() -> None:
    found = remote("wheels", None, url=ADDRESS, hashes={"rot13": "00", "SHA256": "AB" * 32})
    assert found.hashes == {"sha256": "ab" * 32} and found.sha256 == "ab" * 32


def test_a_path_beside_an_address_counts_where_there_is_such_a_file(tmp_path: Path) -> None:
    entry = {"url": ADDRESS, "path": "wheels/a-1.0-py3-none-any.whl"}
    assert remote("wheels", tmp_path, **entry).path is None
    there = tmp_path / "wheels" / "a-1.0-py3-none-any.whl"
    there.parent.mkdir()
    there.touch()
    assert remote("wheels", tmp_path, **entry).path == there


def test_an_address_of_this_machine_is_a_path() -> None:
    found = remote("archive", None, url="file:///somewhere/a%20b.tar.gz")
    assert (found.path, found.filename) == (Path("/somewhere/a b.tar.gz"), "a b.tar.gz")


def test_an_absolute_path_needs_no_lock_beside_it() -> None:
    (package,) = lock_of({"name": "a", "directory": {"path": "/somewhere"}}).packages
    assert lock_path(package, "/somewhere", None) == Path("/somewhere")


@pytest.mark.parametrize("subdirectory", ["..", "a/../../b", "/etc", "a//b"])
def test_a_subdirectory_lies_inside(subdirectory: str) -> None:
    (package,) = lock_of({"name": "a", "directory": {"path": "/somewhere"}}).packages
    with pytest.raises(FetchError, match="which is none"):
        inside(package, subdirectory)
    assert [inside(package, fine) for fine in (None, "", "a/b", "a/")] == ["", "", "a/b", "a/"]
