"""Interpreters are found by path and by name, and asked; other programs are told apart."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

from pexlite.errors import TargetError
from pexlite.model import no_report
from pexlite.targets.find import find_targets
from pexlite.targets.interpreters import named_target, running_target
from tests.interpreters import Interpreter, supported


@pytest.mark.parametrize("interpreter", supported(), ids=str)
def test_every_python_here_answers(interpreter: Interpreter) -> None:
    target = named_target(str(interpreter.path), running_target())
    assert target.python == interpreter.tag
    assert target.interpreter == interpreter.path
    assert target.tags[0].interpreter == interpreter.tag
    assert target.environment["python_version"] == ".".join(map(str, interpreter.version))


def test_nothing_asked_for_is_the_running_python() -> None:
    (target,) = find_targets((), (), no_report)
    assert target.interpreter == Path(sys.executable)


def test_the_same_python_twice_is_one_target() -> None:
    assert len(find_targets((sys.executable, sys.executable), ("current",), no_report)) == 1


def test_a_virtual_environment_stands_for_its_python() -> None:
    directory = Path(sys.prefix)
    if not (directory / "bin" / "python").exists():
        pytest.skip("this Python has no bin/python below its prefix")
    assert named_target(str(directory), running_target()).interpreter == directory / "bin" / "python"


def program(directory: Path, name: str, script: str) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_broken_shim_is_passed_over_for_a_python_that_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "shims", "python9.9", "echo 'shim: python9.9: command not found' >&2; exit 127")
    program(tmp_path / "real", "python9.9", f'exec {sys.executable} "$@"')
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "shims"), str(tmp_path / "real"), "/bin"]))
    target = named_target("python9.9", running_target())
    assert target.interpreter == tmp_path / "real" / "python9.9"


def test_only_a_broken_shim_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shim = program(tmp_path, "python9.9", "echo 'shim: python9.9: command not found' >&2; exit 127")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TargetError) as caught:
        named_target("9.9", running_target())
    said, looked, here = caught.value.causes
    assert said == f"{shim} is no Python 3 that works: shim: python9.9: command not found"
    assert looked.startswith("no python9.9 in the 1 directories of PATH that runs, nor in pyenv, uv, ")
    assert here.endswith("; where they lie: pexlite probe --list")
    assert running_target().environment["python_full_version"] in here


def test_a_version_is_checked_against_what_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path, "python9.9", f'exec {sys.executable} "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    with pytest.raises(TargetError, match=r"no Python 9\.9"):
        named_target("9.9", running_target())


@pytest.mark.parametrize(
    ("spelling", "hint"),
    [
        ("py312", "--python 3.12"),
        ("python312", "--python 3.12"),
        ("cp999", "--python /path/to/bin/python9.99"),
        ("./absent", "--python /usr/bin/python3"),
        ("3.99", "pexlite probe USER@HOST -o target.json"),
        ("nonsense!", "--python 3."),
    ],
)
def test_what_cannot_be_found_says_what_to_write(spelling: str, hint: str) -> None:
    with pytest.raises(TargetError) as caught:
        named_target(spelling, running_target())
    assert hint in str(caught.value.hint)


def test_a_program_that_is_no_python_is_one_line(tmp_path: Path) -> None:
    path = program(tmp_path, "fake", "echo hello")
    with pytest.raises(TargetError) as caught:
        named_target(str(path), running_target())
    assert "\n" not in caught.value.message
    assert str(path) in caught.value.message


@pytest.mark.parametrize("word", ["3.11", "python3.9", "python9.9", "mine"])
@pytest.mark.parametrize("path", ["/usr/bin", ":/usr/bin", ".:/usr/bin"])
def test_a_word_never_names_a_program_in_the_current_directory(
    word: str, path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = program(tmp_path, word, f'echo >{tmp_path}/ran; exec {sys.executable} "$@"')
    program(tmp_path, "python3.11", f"echo >{tmp_path}/ran")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", path)
    with contextlib.suppress(TargetError):
        assert named_target(word, running_target()).interpreter != here
    assert not (tmp_path / "ran").exists()
    assert named_target(f"./{word}", running_target()).interpreter == here


def test_a_file_here_that_was_meant_is_named_in_the_hint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path, "mine", "exit 1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError) as caught:
        named_target("mine", running_target())
    assert "--python ./mine;" in str(caught.value.hint)
