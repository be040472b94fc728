"""Pythons are found where version managers and systems put them, and nowhere that a stranger may write."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.errors import TargetError
from pexlite.targets import found as found_module
from pexlite.targets import interpreters, places
from pexlite.targets.found import pythons_here
from pexlite.targets.interpreters import named_target, running_target
from pexlite.targets.places import Place

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
NAMED = f"python{HERE}"
SHIM = f"#!/bin/sh\necho 'pyenv: {NAMED}: command not found' >&2; exit 127\n"


def put(program: Path, version: str = HERE) -> Path:
    """A program that answers as a Python of `version` does."""
    program.parent.mkdir(parents=True, exist_ok=True)
    change = (
        f"import platform, sys; sys.executable = '{program}'; platform.python_version = lambda: '{version}.1'; "
    )
    change += f"platform.python_version_tuple = lambda: ('{version[0]}', '{version[2:]}', '1')"
    asked = f'exec {sys.executable} -I -S -c "{change}; exec(sys.stdin.read())"'
    program.write_text(f"#!/bin/sh\n{asked}\n")
    program.chmod(0o755)
    return program


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no Python in it, on a machine that keeps none elsewhere."""
    for variable in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    home = tmp_path / "a home"
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    fixed = ("Homebrew", "python.org", "/usr/local", "/usr", "/opt")
    table = [moved(place, tmp_path) if place.name in fixed else place for place in places.PLACES]
    for module in (interpreters, found_module, places):
        monkeypatch.setattr(module, "PLACES", table)
    return home


def moved(place: Place, directory: Path) -> Place:
    """`place` below `directory` instead of below the root of the file system."""
    return Place(place.name, lambda: [directory / root.relative_to("/") for root in place.roots()], place.below)


@pytest.mark.parametrize(
    ("place", "program"),
    [
        ("pyenv", "a home/.pyenv/versions/3.99.1/bin/python3.99"),
        ("uv", "a home/.local/share/uv/python/cpython-3.99.1-linux-x86_64-gnu/bin/python3.99"),
        ("asdf", "a home/.asdf/installs/python/3.99.1/bin/python3.99"),
        ("mise", "a home/.local/share/mise/installs/python/3.99.1/bin/python3.99"),
        ("Homebrew", "opt/homebrew/opt/python@3.99/bin/python3.99"),
        ("python.org", "Library/Frameworks/Python.framework/Versions/3.99/bin/python3.99"),
        ("/usr/local", "usr/local/bin/python3.99"),
        ("/usr", "usr/bin/python3.99"),
        ("/opt", "opt/python9/bin/python3.99"),
        ("/opt", "opt/python/cp399-cp399/bin/python"),
        ("PATH", "bin/python3"),
    ],
)
@pytest.mark.parametrize("word", ["3.99", "3.99.1", "cp399"])
def test_a_python_is_found_in_its_place(place: str, program: str, word: str, tmp_path: Path) -> None:
    there = put(tmp_path / program, "3.99")
    assert named_target(word, running_target()).interpreter == there
    assert (place, there) in [(python.place, python.path) for python in pythons_here()]


@pytest.mark.parametrize(
    ("variable", "below"), [("PYENV_ROOT", "versions/x/bin"), ("UV_PYTHON_INSTALL_DIR", "x/bin")]
)
def test_a_variable_names_the_place_and_never_one_in_the_current_directory(
    variable: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = put(tmp_path / "own" / below / NAMED)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "own")
    assert there not in [python.path for python in pythons_here()]
    monkeypatch.setenv(variable, str(tmp_path / "own"))
    assert f"own/{below}/{NAMED}" in [str(path.relative_to(tmp_path)) for path in candidates()]


def candidates() -> list[Path]:
    """All programs in all places."""
    return [path for place in places.PLACES for path in place.programs()]


def test_the_versions_behind_a_shim_that_refuses_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shims = tmp_path / "elsewhere" / "shims"
    put(shims / "python3.99").write_text(SHIM)
    there = put(tmp_path / "elsewhere" / "versions" / "3.99.1" / "bin" / "python3.99", "3.99")
    monkeypatch.setenv("PATH", str(shims))
    assert named_target("3.99", running_target()).interpreter == there
    assert named_target("python3.99", running_target()).interpreter == there


def test_the_newest_comes_first_and_names_of_one_program_count_once(home: Path) -> None:
    versions = home / ".pyenv" / "versions"
    for version in ("3.99.2", "3.99.10", "pypy3.99-7.3"):
        program = put(versions / version / "bin" / "python3.99")
        for other in ("python9", "python"):
            program.with_name(other).symlink_to(program.name)
    found = [path for path in candidates() if home in path.parents]
    assert [path.relative_to(versions).parts[0] for path in found] == ["3.99.10", "3.99.2", "pypy3.99-7.3"]
    assert {path.name for path in found} == {"python3.99"}


@pytest.mark.skipif(os.name == "nt", reason="the bits of POSIX")
def test_a_program_that_others_may_write_is_run_only_from_path(home: Path) -> None:
    program = put(home / ".pyenv" / "versions" / "3.99.1" / "bin" / "python3.99")
    assert program in candidates()
    program.chmod(0o777)
    assert program not in candidates()
    program.chmod(0o755)
    program.parent.chmod(0o777)
    assert program not in candidates()


def test_a_virtual_environment_is_one_python_and_what_does_not_answer_is_none(tmp_path: Path, home: Path) -> None:
    put(home / ".pyenv" / "versions" / "2.7.18" / "bin" / "python2.7").write_text("#!/bin/sh\nexit 2\n")
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    found = pythons_here()
    assert [python.place for python in found].count("runs pexlite") == 1
    assert not any(str(python.path).endswith("2.7") for python in found)


def test_an_error_names_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TargetError) as caught:
        named_target("3.99", running_target())
    full = running_target().environment["python_full_version"]
    assert caught.value.causes[-1] == f"here are {full}; where they lie: pexlite probe --list"


def test_the_list_is_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    full = running_target().environment["python_full_version"]
    assert run(["probe", "--list"]) == 0
    assert capsys.readouterr().out.split("\n")[0].split()[:4] == [full, "CPython", "runs", "pexlite"]
    assert run(["probe", "--list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row == {
        "python": full,
        "path": sys.executable,
        "place": "runs pexlite",
        "version": full,
        "implementation": "CPython",
        "tag": running_target().python,
    }
