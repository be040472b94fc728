"""A file system that is too small: told before anything is sent, and by how much; or full on the way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pexlite.errors import HostError
from pexlite.ship.delta import Delta
from pexlite.ship.destination import Destination
from pexlite.ship.many import Planner
from pexlite.ship.new_file import NewFile, new_file
from pexlite.ship.old_contents import ContentsHere
from pexlite.ship.push import push
from pexlite.ship.shipment import PushOptions, Shipment
from pexlite.ship.state import HostState
from tests.ship.conftest import Pair
from tests.ssh_server import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="takes root's mount: sudo")


@pytest.fixture
def small(home: Path) -> Iterator[Path]:
    """A file system of 2 MiB on the server."""
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(home)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield home
    subprocess.run(["umount", str(home)], check=True)


def test_what_is_missing_is_told_before_anything_is_sent(server: Server, small: Path, pair: Pair) -> None:
    (small / "app.pex").write_bytes(b"old" + bytes(1_400_000))
    with pytest.raises(HostError, match=r"has no room for app-1\.0\.pex") as error, new_file(pair.old) as file:
        to = Destination(server.user, str(small / "app.pex"))
        planner = Planner(ContentsHere())
        push(Shipment(file, to, PushOptions(), planner, lambda _sent, _all: pytest.fail("it was sent")))
    found = re.fullmatch(
        r"it needs (1\.\d) MB more, and (0\.\d) MB are free: (0\.\d|1\.\d) MB are missing", error.value.causes[0]
    )
    assert found and abs(float(found[1]) - float(found[2]) - float(found[3])) < 0.11
    assert [path.name for path in small.iterdir()] == ["app.pex"]


def test_a_file_system_that_fills_on_the_way_is_left_as_it_was(server: Server, small: Path, pair: Pair) -> None:
    class Filling(Planner):
        """A planner while which somebody else takes the room."""

        def __call__(self, file: NewFile, state: HostState, distrusted: Sequence[str] = ()) -> Delta:
            (small / "filler").write_bytes(bytes(1_200_000))
            return super().__call__(file, state, distrusted)

    (small / "app.pex").write_bytes(b"old")
    with pytest.raises(HostError, match=r"the file system of .* is full"), new_file(pair.old) as file:
        to = Destination(server.user, str(small / "app.pex"))
        push(Shipment(file, to, PushOptions(), Filling(ContentsHere()), lambda _sent, _all: None))
    assert (small / "app.pex").read_bytes() == b"old"
    assert sorted(path.name for path in small.iterdir()) == ["app.pex", "filler"]
