"""A push that ends too early, at either end: the old file is whole, and the next push goes on from there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pexlite.errors import HostError
from pexlite.ship.destination import Destination
from pexlite.ship.many import Planner
from pexlite.ship.new_file import new_file
from pexlite.ship.old_contents import ContentsHere, beside
from pexlite.ship.push import push
from pexlite.ship.shipment import DEFAULT_LINK, Pushed, PushOptions, Shipment
from tests.ship.conftest import Pair, leftovers
from tests.ssh_server import Server

PART = ".app.pex.pexlite-part"


def push_here(file: Path, server: Server, path: Path) -> Pushed:
    """Push from this process."""
    with new_file(file) as opened:
        planner = Planner(ContentsHere(beside(file)), DEFAULT_LINK)
        to = Destination(server.user, str(path))
        return push(Shipment(opened, to, PushOptions(), planner, lambda _sent, _all: None))


@pytest.fixture
def cut(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh before the other one, which passes on only so many bytes as the file that is returned says."""
    place = tmp_path / "cut"
    place.mkdir()
    limit = place / "limit"
    script = place / "ssh"
    # Bytes go on as soon as they come, which head would not do.
    (place / "pass_on.py").write_text(
        "import os, sys\nleft = int(open(sys.argv[1]).read())\n"
        "while left:\n    piece = os.read(0, min(left, 65536))\n    left -= len(piece)\n"
        "    if not piece: break\n    os.write(1, piece)\n"
    )
    script.write_text(f'#!/bin/sh\n{sys.executable} -S {place}/pass_on.py {limit} | {server.programs}/ssh "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(place), prepend=os.pathsep)
    return limit


def positions(total: int, count: int) -> list[int]:
    return [total * number // (count + 1) for number in range(1, count + 1)]


def test_a_cut_first_push_is_gone_on_with(server: Server, home: Path, cut: Path, pair: Pair) -> None:
    path = home / "app.pex"
    sent = 0
    for position in positions(pair.old.stat().st_size, 3):
        cut.write_text(str(position - sent))
        with pytest.raises(HostError, match=r"broke|cannot"):
            push_here(pair.old, server, path)
        assert not path.exists()
        sent = (home / PART).stat().st_size
    cut.write_text("100000000")
    done = push_here(pair.old, server, path)
    assert done.resumed >= sent > 500_000
    assert done.planned < pair.old.stat().st_size - sent + 10_000
    assert path.read_bytes() == pair.old.read_bytes()
    assert leftovers(home) == []


@pytest.mark.parametrize("count", [3])
def test_a_cut_update_leaves_the_old_file(server: Server, home: Path, cut: Path, pair: Pair, count: int) -> None:
    path = home / "app.pex"
    shutil.copy2(pair.old, path)
    cut.write_text("100000000")
    whole = push_here(pair.new, server, home / "app.pex").sent
    for position in positions(whole, count):
        shutil.copy2(pair.old, home / "old")
        (home / "old").rename(path)
        cut.write_text(str(position))
        with pytest.raises(HostError):
            push_here(pair.new, server, path)
        assert path.read_bytes() == pair.old.read_bytes()
        assert set(leftovers(home)) <= {PART, ".app.pex.pexlite-script"}
        cut.write_text("100000000")
        push_here(pair.new, server, path)
        assert path.read_bytes() == pair.new.read_bytes()
        assert leftovers(home) == []


def test_a_part_of_another_file_is_not_gone_on_with(server: Server, home: Path, pair: Pair) -> None:
    (home / PART).write_bytes(bytes(100_000))
    (home / ".app.pex.pexlite-script").write_bytes(b"else")
    done = push_here(pair.old, server, home / "app.pex")
    assert done.resumed == 0
    assert (home / "app.pex").read_bytes() == pair.old.read_bytes()
    assert leftovers(home) == []


def test_a_killed_push_lets_the_next_one_go_on(server: Server, home: Path, pair: Pair) -> None:
    command = ["pexlite", "push", str(pair.old), f"{server.user}:{home}/app.pex"]
    process = subprocess.Popen(command, env=server.environment, stderr=subprocess.DEVNULL)
    patience = time.monotonic() + 60
    while not (home / PART).exists() and not (home / "app.pex").exists() and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    push_here(pair.old, server, home / "app.pex")
    assert (home / "app.pex").read_bytes() == pair.old.read_bytes()
    assert leftovers(home) == []
