"""The file that was kept comes back, at all places on a host by one connection."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.ship.conftest import leftovers
from tests.ship.test_hosts import at_bare as at_bare
from tests.ship.test_hosts import bare as bare
from tests.ssh_server import Server

NAMES = ("one", "two", "three")


def roll_back(server: Server, *words: str | Path, code: int = 0) -> list[dict[str, Any]]:
    """How a rollback ended, in the order of its places."""
    command = ["pexlite", "push", "--rollback", *map(str, words), "--json"]
    environment = {**server.environment, "PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    return list(json.loads(done.stdout))


def kept(directory: Path, *names: str) -> None:
    """A new file in each of the directories, and an old one that was kept."""
    for name in names:
        (directory / name).mkdir()
        (directory / name / "app.pex").write_bytes(b"new " + name.encode())
        (directory / name / "app.pex.previous").write_bytes(b"old " + name.encode())


def test_the_files_that_were_kept_come_back_by_one_connection(
    server: Server, home: Path, connections: Path
) -> None:
    kept(home, *NAMES)
    results = roll_back(server, *(f"{server.user}:{home / name / 'app.pex'}" for name in NAMES))
    assert connections.read_text() == "\n"
    assert [result["path"] for result in results] == [str(home / name / "app.pex") for name in NAMES]
    assert {result["state"] for result in results} == {"rolled back"}
    for name in NAMES:
        assert (home / name / "app.pex").read_bytes() == b"old " + name.encode()
        assert (home / name / "app.pex.previous").read_bytes() == b"new " + name.encode()
        assert leftovers(home / name) == []


def test_each_place_is_refused_by_itself(server: Server, home: Path, connections: Path) -> None:
    kept(home, "one", "four")
    (home / "two" / "app.pex").mkdir(parents=True)
    (home / "three").mkdir()
    places = [f"{server.user}:{home / name / 'app.pex'}" for name in ("two", "one", "three", "four", "nowhere")]
    results = roll_back(server, *places, code=7)
    assert connections.read_text() == "\n"
    said = [result.get("error", result["state"]) for result in results]
    words = ("is a directory", "rolled back", "keeps no", "rolled back", "has no directory")
    assert all(word in text for word, text in zip(words, said, strict=True)), said
    assert (home / "one" / "app.pex").read_bytes() == b"old one"
    assert (home / "four" / "app.pex").read_bytes() == b"old four"


def test_two_paths_that_lead_to_one_file_swap_it_once(server: Server, home: Path) -> None:
    kept(home, "one")
    (home / "link.pex").symlink_to("one/app.pex")
    results = roll_back(server, f"{server.user}:{home}/link.pex", f"{server.user}:{home}/one/app.pex")
    assert {result["state"] for result in results} == {"rolled back"}
    assert (home / "one" / "app.pex").read_bytes() == b"old one"
    assert (home / "link.pex").is_symlink()


def test_a_host_that_cannot_be_reached_keeps_no_other_from_it(server: Server, home: Path) -> None:
    kept(home, "one")
    places = ["nowhere.invalid:a.pex", f"{server.user}:{home}/one/app.pex", "nowhere.invalid:b.pex"]
    results = roll_back(server, *places, code=7)
    assert [result["state"] for result in results] == ["failed", "rolled back", "failed"]
    assert (home / "one" / "app.pex").read_bytes() == b"old one"


def test_a_host_without_a_python_says_how_by_hand(at_bare: Server) -> None:
    kept(at_bare.home, "one")
    results = roll_back(at_bare, f"{at_bare.user}:one/app.pex", f"{at_bare.user}:one/b.pex", code=7)
    assert all("has no Python from 3.6 on" in result["error"] for result in results)
    assert (at_bare.home / "one" / "app.pex").read_bytes() == b"new one"
