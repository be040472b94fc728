"""Damage, removal and the tools of a file on Windows."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.windows import apps
from tests.windows.conftest import Build, Start
from tests.windows.wine import Wine, windows_path

WAITS = """
import sys, time
def main():
    print("running", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def greeting(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = apps.write(tmp_path_factory.getbasetemp() / "greeting", greeting=apps.GREETING)
    return build("click", "-D", str(sources), "-e", "greeting:main")


def unpacked(root: Path, name: str) -> Path:
    """The only file of this name in an app."""
    (found,) = (root / "lite-2" / "apps").rglob(name)
    return found


def test_a_file_that_has_changed_says_so(greeting: Path, tmp_path: Path, start: Start) -> None:
    altered = tmp_path / "altered.pex"
    content = greeting.read_bytes()
    place = content.index(b"click/core.py") + 200
    altered.write_bytes(content[:place] + b"\0" * 64 + content[place + 64 :])
    done = start(altered)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: altered.pex is damaged: ")


def test_a_file_cut_short_says_so(greeting: Path, tmp_path: Path, start: Start) -> None:
    cut = tmp_path / "cut.pex"
    size = greeting.stat().st_size
    for kept in (3000, size // 2, size - 1):
        cut.write_bytes(greeting.read_bytes()[:kept])
        done = start(cut)
        assert (done.returncode, done.stdout) == (1, "")
        assert "damaged, or read from a pipe: copy the file here again" in done.stderr
    assert start(greeting).stdout == "hello world\n"


@contextmanager
def closed(directory: Path) -> Iterator[None]:
    """Let nobody write below `directory`, not even root, as whom Wine may run."""
    if subprocess.run(["chattr", "-R", "+i", directory], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this file system closes no directory to root")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-R", "-i", directory], check=True)


def test_a_read_only_cache_serves_later_starts(greeting: Path, root: Path, start: Start) -> None:
    start(greeting)
    with closed(root):
        done = start(greeting, "reader", PEX_VERBOSE="1")
    assert (done.stdout, done.returncode) == ("hello reader\n", 0)
    assert "unpacking" not in done.stderr
    assert "\\cache\\lite-2\\apps\\" in done.stderr


def test_a_file_that_a_read_only_cache_lacks_is_unpacked_elsewhere(
    build: Build, greeting: Path, tmp_path: Path, root: Path, start: Start
) -> None:
    start(greeting)
    sources = apps.write(tmp_path / "sources", other="def main():\n    print('other', end='')\n    return 3\n")
    file = build("-D", str(sources), "-e", "other:main")
    before = sorted(root.rglob("*"))
    with closed(root):
        for _ in ("first", "later"):
            done = start(file, PEX_VERBOSE="1")
            assert (done.stdout, done.returncode) == ("other", 3)
            assert "\\Temp\\pexlite-0-" in done.stderr
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("name", ["core.py", "_pexlite_launch", "python.exe", "pyvenv.cfg"])
def test_what_is_missing_or_cut_is_written_back(name: str, greeting: Path, root: Path, start: Start) -> None:
    assert start(greeting).stdout == "hello world\n"
    path = unpacked(root, name)
    size = path.stat().st_size
    path.unlink()
    if name == "core.py":
        path.write_bytes(b"")  # a power cut
        (path.parent / "__pycache__" / "core.cpython-311.pyc").unlink(missing_ok=True)
    words = start(greeting, "-c", "import click", PEX_INTERPRETER="1").stderr
    assert "Traceback" not in words
    last = start(greeting, "again")
    assert (last.stdout, last.stderr, last.returncode) == ("hello again\n", "", 0)
    assert unpacked(root, name).stat().st_size == size


def test_what_is_in_use_is_not_removed(build: Build, tmp_path: Path, root: Path, start: Start, wine: Wine) -> None:
    sources = apps.write(tmp_path / "sources", waits=WAITS)
    file = build("-D", str(sources), "-e", "waits:main")
    environment = wine.environment({"PEX_ROOT": windows_path(root)})
    command = wine.command(wine.python(), windows_path(file))
    pipe = subprocess.PIPE  # Wine takes no other handles
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stdout
        assert running.stdout.readline().strip() == b"running"
        pruned = start(file, "cache", "prune", "--days", "0", PEX_TOOLS="1").stdout
        assert "removed 0 apps" in pruned
        assert "in use" in pruned
        running.communicate(b"\n")
    assert "removed 1 apps and 1 wheels" in start(file, "cache", "prune", "--days", "0", PEX_TOOLS="1").stdout
    assert list((root / "lite-2" / "apps").iterdir()) == []


def test_what_nobody_used_for_long_goes_with_another_first_start(
    build: Build, greeting: Path, tmp_path: Path, root: Path, start: Start
) -> None:
    start(greeting)
    ready = unpacked(root, "READY")
    long_ago = time.time() - 100 * 86400
    os.utime(ready, (long_ago, long_ago))
    sources = apps.write(tmp_path / "sources", other="def main():\n    print('other')\n")
    assert start(build("-D", str(sources), "-e", "other:main")).stdout == "other\n"
    assert not ready.exists()
    assert start(greeting).stdout == "hello world\n"


def test_the_tools_tell_check_and_extract(greeting: Path, root: Path, tmp_path: Path, start: Start) -> None:
    start(greeting)
    for arguments, said in (
        (("info",), "greeting:main"),
        (("verify",), "is whole"),
        (("verify", "--cache"), "have the files that they should"),
        (("cache", "info"), "app.pex"),
        (("extract", windows_path(tmp_path / "wheels")), "2 wheels"),
        (("warm", "--compile"), "\\apps\\"),
    ):
        done = start(greeting, *arguments, PEX_TOOLS="1")
        assert said in done.stdout, (arguments, done.stdout, done.stderr)
        assert (done.stderr, done.returncode) == ("", 0)
    assert len(list((tmp_path / "wheels").glob("*.whl"))) == 2


def test_the_tool_venv_makes_one_that_needs_no_file(
    build: Build, tmp_path: Path, start: Start, wine: Wine
) -> None:
    file = build(str(apps.write_project(tmp_path / "project")), "-c", "tool")
    venv = tmp_path / "made"
    for options in ((), ("--force",)):
        done = start(file, "venv", *options, windows_path(venv), PEX_TOOLS="1")
        assert (done.stderr, done.returncode) == ("", 0)
    by_program = wine.run(windows_path(venv / "Scripts" / "tool.exe"), "a", "b c")
    assert (by_program.stdout, by_program.returncode) == ("tool ['a', 'b c'] tool\n", 5)
    by_python = wine.run(
        windows_path(venv / "Scripts" / "python.exe"), "-c", "import markupsafe, sys; print(sys.prefix)"
    )
    assert by_python.stdout.strip() == windows_path(venv)
    by_app = wine.run("cmd", "/c", windows_path(venv / "pex.cmd"), "x")
    assert (by_app.stdout, by_app.returncode) == ("tool ['x'] pex.cmd\n", 5), by_app.stderr
    archive = windows_path(tmp_path / "made.tar.gz")
    refused = start(file, "venv", archive, PEX_TOOLS="1")
    words = f"error: {archive}: on Windows a venv is a directory, since it cannot be moved\n"
    assert (refused.returncode, refused.stderr) == (2, words)
