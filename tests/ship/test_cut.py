"""A push that was killed, and a part that is of something else: the next push does what is left to do."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

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
