"""uv and pip are found and run, and their failures are errors of pexlite."""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
from pathlib import Path

import pytest

from pexlite.errors import FetchError, UsageError
from pexlite.model import IndexSettings
from pexlite.resolve import uv
from pexlite.resolve.pip_program import PipProgram
from pexlite.resolve.resolvers import find_resolver
from pexlite.resolve.run import Program, attempt, run
from pexlite.resolve.uv import Uv
from pexlite.resolve.uv_program import UvProgram


def speaker(text: str, code: int) -> Program:
    """A program that writes `text` to stderr, `out` to stdout, and ends with `code`."""
    return PipProgram(
        (sys.executable, "-c", f"import sys; print('out'); sys.stderr.write({text!r}); sys.exit({code})")
    )


def test_pip_is_the_one_of_this_python_and_takes_nothing_from_the_current_directory() -> None:
    assert find_resolver("pip").program.command == (sys.executable, "-P", "-m", "pip")


def test_auto_is_pip_where_there_is_no_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "find_uv", lambda: None)
    assert find_resolver("auto").name == "pip"


def test_uv_on_path_will_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = tmp_path / "uv"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert find_resolver("uv") == Uv(UvProgram((str(binary),)))


def test_uv_asked_for_and_absent_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "find_uv", lambda: None)
    with pytest.raises(UsageError) as caught:
        find_resolver("uv")
    assert caught.value.hint == "pip install 'pexlite[uv]'"


def test_an_unknown_resolver_names_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        find_resolver("conda")
    assert "'conda'" in caught.value.message
    assert "auto, uv or pip" in str(caught.value.hint)


def test_a_run_gives_what_was_written_to_stdout() -> None:
    text = run(speaker("noise", 0), [], settings=IndexSettings(), error=FetchError, message="x failed")
    assert text == "out\n"


def test_a_failed_run_is_the_error_asked_for_without_the_password() -> None:
    program = speaker("ERROR: 404 for https://someone:secret-for-test@index.example/x\n", 1)
    with pytest.raises(FetchError) as caught:
        run(program, [], settings=IndexSettings(), error=FetchError, message="x failed")
    assert caught.value.message == "x failed"
    assert caught.value.causes == ("404 for https://****@index.example/x",)


def test_a_program_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        run(UvProgram((str(tmp_path / "uv"),)), [], settings=IndexSettings(), error=FetchError, message="x")
    assert str(tmp_path / "uv") in caught.value.causes[0]


@pytest.mark.parametrize(("said", "runs"), [("Connection broken: IncompleteRead(5 bytes read)", 2), ("no", 1)])
def test_a_run_whose_connection_broke_is_made_again(said: str, runs: int, tmp_path: Path) -> None:
    code = f"import sys, pathlib; f = open({str(tmp_path / 'runs')!r}, 'a'); f.write('x'); sys.exit({said!r})"
    attempt(PipProgram((sys.executable, "-c", code)), [], IndexSettings(retries=1))
    assert len((tmp_path / "runs").read_text()) == runs


@pytest.mark.parametrize(("umask", "mode"), [(0o000, 0o644), (0o002, 0o644), (0o022, 0o644), (0o077, 0o600)])
def test_what_uv_and_pip_keep_is_closed_to_others_under_any_umask(umask: int, mode: int, tmp_path: Path) -> None:
    program = UvProgram((sys.executable, "-c", "open('kept', 'w')"))
    before = os.umask(umask)
    try:
        attempt(program, [], IndexSettings(), cwd=tmp_path)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == mode
