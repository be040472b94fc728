"""Files are known by their bytes: each is hashed once, and again when anything about it has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pexlite.files.digests import all_have_sha256, has_sha256
from tests.pylock.values import sha256


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[Path, str]]:
    paths = [tmp_path / f"file{number}" for number in range(40)]
    for number, path in enumerate(paths):
        path.write_bytes(str(number).encode() * 10_000)
    return [(path, sha256(path)) for path in paths]


def test_all_of_them_or_not(files: list[tuple[Path, str]]) -> None:
    assert all_have_sha256(files)
    assert all_have_sha256([])
    for number in (0, 17, 39):
        assert not all_have_sha256([*files[:number], (files[number][0], "0" * 64), *files[number + 1 :]])
    files[20][0].unlink()
    assert not all_have_sha256(files)


def test_other_bytes_of_the_same_size_and_time_are_noticed(files: list[tuple[Path, str]]) -> None:
    path, digest = files[3]
    assert has_sha256(path, digest)
    before = path.stat()
    path.write_bytes(b"4" * len(path.read_bytes()))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not has_sha256(path, digest)
    assert not all_have_sha256(files)


def test_another_file_under_the_name_is_noticed(files: list[tuple[Path, str]], tmp_path: Path) -> None:
    path, digest = files[3]
    assert has_sha256(path, digest)
    (tmp_path / "other").write_bytes(b"5" * len(path.read_bytes()))
    (tmp_path / "other").replace(path)
    assert not has_sha256(path, digest)
