"""Continuous integration types README.md's commands on other machines, and says where it cannot."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from tests import console
from tests.checkout import REPOSITORY


@pytest.fixture(scope="module")
def debian() -> types.ModuleType:
    """The program .ci/debian.py as a module."""
    spec = importlib.util.spec_from_file_location("debian", REPOSITORY / ".ci" / "debian.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["debian"] = module
    spec.loader.exec_module(module)
    return module


def test_the_commands_are_those_of_the_readme(debian: types.ModuleType) -> None:
    first, second = debian.readme_commands()
    shown, *_ = console.commands((REPOSITORY / "README.md").read_text())
    assert (first.line, first.lines) == (shown.line, shown.shown)
    assert first.is_shown_by("anything\nwrote hello.pex  1 MB\nHello, World!\n")
    assert not first.is_shown_by("wrote hello.pex  1 MB\n")
    assert second.line in (REPOSITORY / ".ci" / "run").read_text().splitlines()


def test_the_settings_of_pip_come_along_for_their_owner_only(debian: types.ModuleType, tmp_path: Path) -> None:
    given = {"global.extra-index-url": "file:///one/simple\nfile:///two/simple", "install.no-binary": "a%b"}
    debian.write_settings(given, tmp_path / "pip" / "pip.conf")
    assert (tmp_path / "pip/pip.conf").stat().st_mode & 0o077 == 0
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env={**os.environ, "PIP_CONFIG_FILE": str(tmp_path / "pip" / "pip.conf")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "global.extra-index-url='file:///one/simple\\nfile:///two/simple'" in told
    assert "install.no-binary='a%b'" in told


def test_files_that_settings_name_are_shown_with_what_an_index_lies_beside(
    debian: types.ModuleType, tmp_path: Path
) -> None:
    place = Path("/usr/lib")
    assert [*debian.paths_in(["/usr/lib /nowhere/at/all", "https://a.test/usr/lib", "/dev/null", "7"])] == [place]
    assert [*debian.paths_in([f"file://{tmp_path}"])] == ([] if tmp_path.parts[1] == "tmp" else [tmp_path.parent])


def test_what_cannot_be_made_is_left_out_in_a_line(
    debian: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI_BEGAN", raising=False)
    monkeypatch.setattr(sys, "argv", ["debian.py", "12"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert debian.main() == 0
    assert capsys.readouterr().out == "-- Debian 12 was left out: making it takes root --\n"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "")
    assert debian.main() == 0
    assert " was left out: there is no unshare" in capsys.readouterr().out
