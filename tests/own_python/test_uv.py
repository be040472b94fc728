"""`uv` and `uv:VERSION`: what uv manages, or gets; here out of an archive of this machine."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path

import pytest

from pexlite.errors import TargetError
from pexlite.own_python import uv
from pexlite.own_python.source import source_of
from pexlite.resolve.uv_program import find_uv
from pexlite.store.store import Store


@pytest.fixture
def downloads(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_machine: None) -> str:
    """The name that uv has for the Python of this machine, which it gets from `archive`."""
    if find_uv() is None:
        pytest.skip("there is no uv here: pip install uv")
    major, minor, patch = sys.version_info[:3]
    machine = platform.machine()
    name = f"cpython-{major}.{minor}.{patch}-linux-{machine}-gnu"
    known = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": archive.as_uri(),
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "variant": None,
        "build": "20260101",
    }
    (tmp_path / "downloads.json").write_text(json.dumps({name: known}))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS_JSON_URL", (tmp_path / "downloads.json").as_uri())
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "pythons"))
    monkeypatch.setenv("UV_PYTHON_BIN_DIR", str(tmp_path / "bin"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return name


def test_uv_gets_what_it_has_not_and_is_asked_for_it_the_next_time(
    downloads: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = f"uv:{sys.version_info[0]}.{sys.version_info[1]}"
    found = source_of(word, store)
    assert found.name == f"uv {downloads}"
    assert found.version == sys.version.split()[0]
    assert (found.prefix.root / "lib").is_dir() and found.runs_here
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    assert source_of(word, store).prefix == found.prefix
    assert source_of("uv", store).name == found.name


def test_a_version_that_uv_has_not_is_told_in_a_line(downloads: str, store: Store) -> None:
    with pytest.raises(TargetError, match="uv has no such Python, and gets none") as refused:
        source_of("uv:3.8.1", store)
    assert refused.value.causes


@pytest.mark.parametrize("word", ["uv:", "uv:--help", "uv:3.12 --force"])
def test_no_option_of_uv_is_taken_for_a_version(word: str, store: Store) -> None:
    with pytest.raises(TargetError, match="names no version"):
        source_of(word, store)


def test_without_uv_it_is_said_how_to_have_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "find_uv", lambda: None)
    with pytest.raises(TargetError, match="needs uv") as refused:
        source_of("uv:3.12", store)
    assert "pip install" in str(refused.value.hint)
