"""Hosts of all kinds: without a Python, with an old one, with a shell that talks, full, busy, or not known."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.errors import HostError
from pexlite.ship import by_shell, sending
from pexlite.ship.command import COMMAND
from pexlite.ship.destination import Destination
from pexlite.ship.many import Planner
from pexlite.ship.new_file import new_file
from pexlite.ship.old_contents import ContentsHere
from pexlite.ship.push import push
from pexlite.ship.shipment import Pushed, PushOptions, Shipment
from pexlite.ship.state import HostState, state_of
from tests import needs
from tests.bundles import bundle_file, function
from tests.factories import make_wheel
from tests.interpreters import interpreters
from tests.ship.conftest import Pair, leftovers
from tests.ssh_server import Server, running_server

PLAINLY = PushOptions()
PROGRAMS = (
    "sh",
    "cat",
    "sha256sum",
    "mv",
    "wc",
    "df",
    "tail",
    "uname",
    "chmod",
    "sync",
    "ln",
    "rm",
    "getconf",
    "flock",
)


def push_here(file: Path, to: Destination, options: PushOptions = PLAINLY) -> Pushed:
    with new_file(file) as opened:
        return push(Shipment(opened, to, options, Planner(ContentsHere()), lambda _sent, _all: None))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with plain programs and no Python, whose shell greets."""
    place = tmp_path_factory.mktemp("bare")
    (place / "programs").mkdir()
    for name in PROGRAMS:
        (place / "programs" / name).symlink_to(needs.program(name))
    with running_server(place, path=str(place / "programs"), before="echo welcome; echo to you >&2") as found:
        yield found


@pytest.fixture
def at_bare(bare: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("PATH", bare.environment["PATH"])
    return bare


def test_a_host_without_a_python_is_told_of(at_bare: Server, pair: Pair) -> None:
    with pytest.raises(HostError, match=r"no Python on .* runs this file") as error:
        push_here(pair.old, Destination(at_bare.user, "app.pex"))
    assert any("has no Python on linux" in cause for cause in error.value.causes)
    assert list(at_bare.home.iterdir()) == []


def test_a_host_without_a_python_gets_a_file_that_brings_one(
    at_bare: Server, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_shell, "check_fits", lambda *_: None)
    path = 'it\'s "a"\n$PATH'
    place = at_bare.home / path
    (at_bare.home / f".{path}.pexlite-part").write_bytes(pair.old.read_bytes()[:500_000])
    done = push_here(pair.old, Destination(at_bare.user, path))
    assert (done.state, done.resumed) == ("pushed", 500_000)
    assert place.read_bytes() == pair.old.read_bytes()
    assert place.stat().st_mode & 0o777 == pair.old.stat().st_mode & 0o777
    assert push_here(pair.old, Destination(at_bare.user, path)).state == "there already"
    push_here(pair.new, Destination(at_bare.user, path), PushOptions(keep=True))
    assert place.with_name(f"{path}.previous").read_bytes() == pair.old.read_bytes()
    assert sorted(found.name for found in at_bare.home.iterdir()) == [path, f"{path}.previous"]
    with pytest.raises(HostError, match="has no directory"):
        push_here(pair.new, Destination(at_bare.user, "nowhere/app.pex"))


def old_pythons() -> list[Path]:
    """Python 3.6, behind a python3 that is 2.7, where this machine has them."""
    return [found.path for found in interpreters() if found.version == (3, 6)]


def test_the_first_python_that_can_is_asked(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not old_pythons():
        pytest.skip("no Python 3.6 here")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in (*PROGRAMS, "env"):
        (programs / name).symlink_to(needs.program(name))
    # As Python 2.7 says that it knows no -I.
    (programs / "python3").write_text("#!/bin/sh\necho Unknown option: -I >&2\nexit 2\n")
    (programs / "python3").chmod(0o755)
    (programs / "python3.6").symlink_to(old_pythons()[0])
    with running_server(tmp_path, path=str(programs), before="echo welcome") as server:
        monkeypatch.setenv("PATH", server.environment["PATH"])
        push_here(pair.old, Destination(server.user, "app.pex"))
        push_here(pair.new, Destination(server.user, "app.pex"))
        assert (server.home / "app.pex").read_bytes() == pair.new.read_bytes()


def test_a_file_that_fits_no_python_there_is_refused(server: Server, home: Path, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), pythons=("cp399",))
    with pytest.raises(HostError, match=r"no Python on .* runs this file") as error:
        push_here(file, Destination(server.user, str(home / "app.pex")))
    assert error.value.hint is not None and f"--for {server.user}" in error.value.hint
    assert list(home.iterdir()) == []


def test_two_pushes_to_one_path_exclude_each_other(server: Server, home: Path, pair: Pair) -> None:
    with (home / ".app.pex.pexlite-part").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(HostError, match=r"another push to .* is at work"):
            push_here(pair.old, Destination(server.user, str(home / "app.pex")))
        # What the other has only begun is not removed under its hands.
        assert os.path.samestat(os.fstat(held.fileno()), (home / ".app.pex.pexlite-part").stat())
    push_here(pair.old, Destination(server.user, str(home / "app.pex")))
    assert leftovers(home) == []


def test_too_little_room_is_told_before_anything_is_sent(
    server: Server, home: Path, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(said: dict[str, object]) -> HostState:
        return replace(read(said), free=400_000)

    read = state_of
    monkeypatch.setattr(sending, "state_of", small)
    with pytest.raises(HostError, match="has no room for app") as error:
        push_here(pair.old, Destination(server.user, str(home / "app.pex")))
    assert "1.1 MB are missing" in error.value.causes[0] or "MB are missing" in error.value.causes[0]
    assert list(home.iterdir()) == []


def test_a_host_whose_key_is_not_known_is_not_trusted(
    server: Server, home: Path, pair: Pair, tmp_path: Path
) -> None:
    config = server.programs.parent / "config"
    before = config.read_text()
    try:
        strict = before.replace("StrictHostKeyChecking no", "StrictHostKeyChecking yes")
        config.write_text(strict.replace(f"{server.programs.parent}/known", str(tmp_path / "known")))
        with pytest.raises(HostError, match="cannot be reached") as error:
            push_here(pair.old, Destination(server.user, str(home / "app.pex")))
    finally:
        config.write_text(before)
    assert any("Host key verification failed" in cause for cause in error.value.causes) or not sys.stdin


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be refused as another user")
def test_a_directory_that_may_not_be_written_is_told_of(server: Server, home: Path, pair: Pair) -> None:
    assert home.is_dir()  # the fixture leads ssh to the server
    with pytest.raises(HostError, match=r"cannot write|may not write"):
        push_here(pair.old, Destination(server.user, "/proc/app.pex"))


def test_a_host_on_which_the_program_fails_ends_at_once() -> None:
    # Nothing is deflated here: the first Python has read it, and the next would wait for another.
    done = subprocess.run(["sh", "-c", COMMAND], input=b"bm90aGluZw==\nmore\n", capture_output=True, timeout=60)
    assert done.returncode == 70
