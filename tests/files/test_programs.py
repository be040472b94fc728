"""A word names a program on PATH: never one in the current directory, whatever PATH says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pexlite.files.programs import find_program, programs, search_path
from pexlite.indexes.environment import inherited_environment


def program(directory: Path, name: str) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture(params=["", ".", "here", "./here"])
def entry(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An entry of PATH that leads to a program in the current directory, or below it."""
    monkeypatch.chdir(tmp_path)
    program(tmp_path, "tool")
    program(tmp_path / "here", "tool")
    return str(request.param)


def test_no_entry_leads_to_the_current_directory(
    entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", entry)
    assert find_program("tool") is None
    real = program(tmp_path / "bin", "tool")
    monkeypatch.setenv("PATH", os.pathsep.join([entry, str(real.parent), entry, str(real.parent)]))
    assert list(programs("tool")) == [real]
    assert search_path() == [str(real.parent)]


@pytest.mark.parametrize("name", ["uv", "pip"])
def test_uv_and_pip_look_for_git_and_the_like_on_the_same_path(
    name: str, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{entry}:/usr/bin")
    assert inherited_environment()["PATH"] == "/usr/bin"
