"""The words on Windows where a file, a Python or a cache does not fit, and the way of Ctrl-C."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.windows import apps
from tests.windows.conftest import Build, Start
from tests.windows.wine import Wine, windows_path

INTERRUPTED = 0xC000013A & 0xFF  # of STATUS_CONTROL_C_EXIT, as this system shows an exit code

RAISES = """
import os, signal, sys, time
def main():
    signal.raise_signal(signal.SIGINT)
"""


@pytest.fixture
def told(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = apps.write(
        tmp_path_factory.getbasetemp() / "told", told="import sys\ndef main():\n    print(sys.version_info[:2])\n"
    )
    return build("-D", str(sources), "-e", "told:main", "markupsafe<3", minor=10)


def test_a_python_that_does_not_fit_finds_another_on_path(told: Path, start: Start) -> None:
    done = start(told, minor=11, WINEPATH="C:\\Python310")
    assert done.stdout == "(3, 10)\n"
    assert "this is CPython 3.11" in done.stderr
    assert "C:\\Python310\\python.exe runs it" in done.stderr


@pytest.mark.parametrize("named", ["C:\\Python310\\python.exe", "C:/Python310/python.exe"])
def test_the_python_that_is_named_runs_the_file(named: str, told: Path, start: Start) -> None:
    done = start(told, minor=11, PEX_PYTHON=named)
    assert (done.stdout, done.stderr, done.returncode) == ("(3, 10)\n", "", 0)


def test_without_a_python_that_fits_the_file_says_what_it_needs(told: Path, start: Start) -> None:
    done = start(told, minor=11)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: app.pex needs CPython 3.10 on win amd64; this is CPython 3.11\nhint: ")


def test_a_file_for_another_system_is_not_called_damaged(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "linux.pex"
    command = (sys.executable, "-m", "pexlite", "build", "markupsafe<3", "-q", "-o", str(file))
    subprocess.run([*command, "--platform", "linux_x86_64-cp-311-cp311"], check=True)
    done = start(file)
    assert done.returncode == 1
    assert done.stderr.startswith("error: linux.pex needs CPython 3.11 on linux x86_64 (glibc 2.")
    assert "this is CPython 3.11 on win amd64\n" in done.stderr


def test_a_cache_that_cannot_be_made_is_replaced_by_a_private_one(told: Path, wine: Wine, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no directory\n")
    variables = {"PEX_ROOT": windows_path(in_the_way), "PEX_VERBOSE": "1"}
    for _ in ("first", "later"):
        done = wine.run(wine.python(10), windows_path(told), variables=variables)
        assert (done.stdout, done.returncode) == ("(3, 10)\n", 0), done.stderr
        assert "\\Temp\\pexlite-0-" in done.stderr


def test_ctrl_c_ends_a_file_as_it_ends_a_python(build: Build, tmp_path: Path, start: Start) -> None:
    sources = apps.write(tmp_path / "sources", raises=RAISES)
    file = build("-D", str(sources), "-e", "raises:main")
    for variables in ({}, {"PEX_INTERPRETER": "1"}):
        arguments = ("-X", "utf8", "-c", "import raises; raises.main()") if variables else ()
        done = start(file, *arguments, **variables)
        assert done.returncode == INTERRUPTED
        assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"
