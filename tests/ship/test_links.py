"""Pushes over a link that is cut anywhere, in either direction, or that is slow.

CUTS says at how many places it is cut: few as a rule, 50 with `nox -s cuts`.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from pexlite.errors import HostError
from pexlite.ship.destination import Destination
from pexlite.ship.many import Planner
from pexlite.ship.new_file import new_file
from pexlite.ship.old_contents import ContentsHere, beside
from pexlite.ship.push import push, push_together
from pexlite.ship.shipment import DEFAULT_LINK, Failed, Pushed, PushOptions, Shipment, Watch
from tests.bundles import bundle_file, function
from tests.factories import make_wheel
from tests.ship.conftest import Pair, leftovers, noise
from tests.ship.link import Link, make_link
from tests.ssh_server import Server

CUTS = int(os.environ.get("CUTS", "5"))
PART, SCRIPT = ".app.pex.pexlite-part", ".app.pex.pexlite-script"


def push_here(file: Path, server: Server, path: Path, watch: Watch = lambda _sent, _all: None) -> Pushed:
    with new_file(file) as opened:
        planner = Planner(ContentsHere(beside(file)), DEFAULT_LINK)
        return push(Shipment(opened, Destination(server.user, str(path)), PushOptions(), planner, watch))


@pytest.fixture
def link(server: Server, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Link:
    """The link by which this process reaches the server."""
    assert home.is_dir()  # its fixture has this process find the server's ssh, which the link goes before
    folder = tmp_path / "link"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    [port] = re.findall(r"Port (\d+)", (server.programs.parent / "config").read_text())
    return make_link(folder, server.programs / "ssh", int(port))


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of which the server has nothing, in its cache neither."""
    place = tmp_path_factory.mktemp("unseen")
    files: dict[str, str | bytes] = {"unseen.py": "def main(): pass\n", "unseen.bin": noise(3 << 19, 77)}
    return bundle_file(
        place / "unseen.pex", [make_wheel(place, "unseen", files=files)], function("unseen", "main")
    )


def replace(path: Path, old: Path) -> None:
    """Put the old file at `path`, as a push does."""
    shutil.copy2(old, path.with_name("old"))
    path.with_name("old").rename(path)


@pytest.mark.parametrize("is_update", [True, False])
def test_wherever_it_is_cut_the_old_file_is_whole_and_the_next_push_goes_on(
    server: Server, home: Path, link: Link, pair: Pair, unseen: Path, is_update: bool
) -> None:
    old, new = (pair.old, pair.new) if is_update else (Path(__file__), unseen)
    path = home / "app.pex"
    replace(path, old)
    push_here(new, server, path)
    up, down = link.counts()
    count = CUTS - CUTS // 2 if is_update else CUTS // 2
    places = [(place % 3 == 1, (place + 1) / (count + 1)) for place in range(count)]
    for is_answer, share in places:
        replace(path, old)
        link.set(**({"down": int(down * share)} if is_answer else {"up": int(up * share)}))
        with pytest.raises(HostError, match=r"cannot be reached|broke"):
            push_here(new, server, path)
        assert path.read_bytes() == old.read_bytes(), share
        assert set(leftovers(home)) <= {PART, SCRIPT}
        arrived = sum((home / name).stat().st_size for name in (PART, SCRIPT) if (home / name).exists())
        link.set()
        done = push_here(new, server, path)
        assert path.read_bytes() == new.read_bytes(), share
        assert leftovers(home) == []
        # The copies that a script has begun with are made again in no time.
        assert done.resumed > arrived - (1 << 20) and link.counts()[0] <= up + 4096
        if not is_update and arrived > 1 << 17:
            assert link.counts()[0] < up - arrived * 0.9, share


@pytest.mark.parametrize("share", [0.2, 0.6, 0.9, 0.97])
def test_several_places_have_the_old_file_or_the_new_one_after_a_cut(
    server: Server, home: Path, link: Link, pair: Pair, share: float
) -> None:
    places = [home / name / "app.pex" for name in ("one", "two", "three")]
    to = [Destination(server.user, str(place)) for place in places]

    def push_to_all() -> list[Pushed | Failed]:
        with new_file(pair.new) as opened:
            planner = Planner(ContentsHere(beside(pair.new)), DEFAULT_LINK)
            options = PushOptions()
            return push_together(
                Shipment(opened, to[0], options, planner, lambda _sent, _all: None, others=tuple(to[1:]))
            )

    for place in places:
        place.parent.mkdir()
        replace(place, pair.old)
    assert {type(result) for result in push_to_all()} == {Pushed}
    up, down = link.counts()
    for way, limit in (("up", up), ("down", down)):
        for place in places:
            replace(place, pair.old)
        link.set(**{way: int(limit * share)})
        results = push_to_all()
        # Of the last bytes there are some more or less from push to push.
        assert Failed in {type(result) for result in results} or share > 0.95
        for place, result in zip(places, results, strict=True):
            expected = [pair.new] if isinstance(result, Pushed) else [pair.old, pair.new]
            assert place.read_bytes() in [path.read_bytes() for path in expected]
        link.set()
        assert {type(result) for result in push_to_all()} == {Pushed}
        for place in places:
            assert place.read_bytes() == pair.new.read_bytes()
            assert leftovers(place.parent) == []


def test_on_a_slow_link_it_is_told_what_has_arrived(server: Server, home: Path, link: Link, unseen: Path) -> None:
    link.set(rate=600_000)
    told: list[int] = []

    def watch(sent: int, planned: int) -> None:
        assert sent <= planned
        if sent:
            assert sent <= link.counts()[0], "it has not gone through the link yet"
        told.append(sent)

    done = push_here(unseen, server, home / "app.pex", watch)
    assert told == sorted(told) and told[0] == 0 and told[-1] == done.planned
    assert len(told) >= 4, told
