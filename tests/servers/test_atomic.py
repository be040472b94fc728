"""Builds that are interrupted, killed, out of room or many at once: the old file stays, nothing is left behind."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from tests import processes
from tests.factories import make_wheel
from tests.index import serve
from tests.network import server as replies
from tests.network.server import Server
from tests.servers.conftest import Machine, both


def an_application() -> bytes:
    """A file as zipapp makes it; one of any other kind would not be replaced."""
    with io.BytesIO() as made:
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("__main__.py", "print('the old file')\n")
        return b"#!/usr/bin/env python3\n" + made.getvalue()


OLD = an_application()


def start(machine: Machine, *arguments: str, most_bytes: int | None = None) -> subprocess.Popen[str]:
    def limit() -> None:
        # A shell has its background jobs ignore Ctrl-C, tests among them.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.Popen(
        [sys.executable, "-m", "pexlite", *arguments, "-o", "app.pex"],
        cwd=machine.work,
        env=machine.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=limit,
    )


@both
@pytest.mark.parametrize("stage", ["resolving", "fetching"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_the_old_file_and_nothing_else(
    number: signal.Signals, code: int, stage: str, resolver: str, machine: Machine, wheels: Path, server: Server
) -> None:
    url = serve(server, wheels)
    (machine.work / "app.pex").write_bytes(OLD)
    over = threading.Event()
    path = "/simple/core/" if stage == "resolving" else "/files/core-2.0-py3-none-any.whl"
    if stage == "fetching":
        machine.well("lock", "app", "--index-url", url, "-o", "pylock.toml", "--resolver", resolver)
        (machine.work / "pylock.toml").rename(machine.directory / "pylock.toml")
    asked = ["app", "--index-url", url, "--resolver", resolver]
    asked += ["--lock", str(machine.directory / "pylock.toml")] if stage == "fetching" else []
    before = server.count(path)
    server.on(path, replies.stalls(b"x" * 1000, over))
    with start(machine, *asked) as running:
        patience = time.monotonic() + 60
        while server.count(path) == before and time.monotonic() < patience and running.poll() is None:
            time.sleep(0.05)
        assert server.count(path) > before
        # As a terminal does it, for Ctrl-C; whoever ends a program by its id reaches that one only.
        if number is signal.SIGINT:
            os.killpg(running.pid, number)
        else:
            running.send_signal(number)
        _, said = running.communicate(timeout=60)
    over.set()
    assert running.returncode == code
    assert "Traceback" not in said
    assert (machine.work / "app.pex").read_bytes() == OLD
    assert [path.name for path in machine.work.iterdir()] == ["app.pex"]
    assert list((machine.directory / "tmp").iterdir()) == []
    assert processes.members(running.pid) == []


def test_killed_while_it_writes_the_old_file_stays_and_the_next_build_is_well(machine: Machine) -> None:
    wheel = make_wheel(machine.work, "large", files={"noise": os.urandom(30_000_000)})
    asked = [wheel.name, "--no-index", "-q"]
    machine.well(*asked, "-o", "other.pex")
    for delay in (0.2, 0.3, 0.4, 0.5, 0.7):
        (machine.work / "app.pex").write_bytes(OLD)
        with start(machine, *asked) as running:
            time.sleep(delay)
            running.kill()
        written = (machine.work / "app.pex").read_bytes()
        assert written == OLD or written == (machine.work / "other.pex").read_bytes()
    machine.well(*asked, "-o", "app.pex")
    assert (machine.work / "app.pex").read_bytes() == (machine.work / "other.pex").read_bytes()


@pytest.mark.parametrize("stored", [True, False])
def test_without_room_it_is_one_line_and_the_old_file_stays(stored: bool, machine: Machine) -> None:
    wheel = make_wheel(machine.work, "large", files={"noise": os.urandom(3_000_000)})
    asked = [wheel.name, "--no-index", "-q"]
    if stored:
        machine.well(*asked, "-o", str(machine.directory / "other.pex"))
    (machine.work / "app.pex").write_bytes(OLD)
    with start(machine, *asked, most_bytes=2_000_000) as running:
        _, said = running.communicate(timeout=60)
    # The wheel goes into the store first, and whatever is there, it is digested on the way in.
    assert running.returncode in (3, 5)
    error, *_, hint = said.splitlines()
    assert "cannot" in error
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert (machine.work / "app.pex").read_bytes() == OLD
    assert sorted(path.name for path in machine.work.iterdir()) == ["app.pex", wheel.name]
    assert list((machine.directory / "tmp").iterdir()) == []


def test_twenty_builds_into_one_file_all_end_well(machine: Machine, wheels: Path) -> None:
    asked = ["app", "--no-index", "-f", str(wheels), "-q", "--resolver", "uv"]
    builds = [start(machine, *asked) for _ in range(20)]
    ends = [(build.communicate(timeout=280)[1], build.returncode) for build in builds]
    assert [code for _, code in ends] == [0] * 20, ends
    assert [path.name for path in machine.work.iterdir()] == ["app.pex"]
    assert "core-2.0" in machine.well("info", "app.pex", "--json")
    assert list((machine.directory / "store" / "incoming").iterdir()) == []


@pytest.mark.parametrize("mask", [0o077, 0o000, 0o027])
def test_the_mode_is_the_same_under_any_umask(mask: int, machine: Machine, wheels: Path) -> None:
    before = os.umask(mask)
    try:
        machine.well("app", "--no-index", "-f", str(wheels), "-o", "app.pex")
    finally:
        os.umask(before)
    assert (machine.work / "app.pex").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("output", ["directory", "/proc/missing/app.pex", "/proc/app.pex", "file/app.pex"])
def test_a_place_that_cannot_be_written_is_one_line(output: str, machine: Machine, wheels: Path) -> None:
    (machine.work / "directory").mkdir()
    (machine.work / "file").touch()
    said = machine.badly(5, "app", "--no-index", "-f", str(wheels), "-q", "-o", output)
    error, *_, hint = said.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert sorted(path.name for path in machine.work.iterdir()) == ["directory", "file"]
