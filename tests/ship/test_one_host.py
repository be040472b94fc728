"""Several places on one host: one connection, the file made once there, and copied."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pexlite.ship.destination import Destination
from pexlite.ship.one_host import by_host
from pexlite.ship.remote import copies
from tests.ship.conftest import Pair, leftovers, noise
from tests.ssh_server import Server

NAMES = ("one", "two", "three", "four")


def push(server: Server, *words: str | Path, code: int = 0) -> list[dict[str, Any]]:
    """The results of a push, in the order of its places."""
    command = ["pexlite", "push", *map(str, words), "--json"]
    environment = {**server.environment, "PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    return list(json.loads(done.stdout))


def test_a_file_for_several_places_is_sent_once(server: Server, home: Path, pair: Pair, connections: Path) -> None:
    places = [home / name / "app.pex" for name in NAMES]
    for place in places:
        place.parent.mkdir()
        shutil.copy2(pair.old, place)
    before = places[1].open("rb")
    results = push(server, pair.new, *(f"{server.user}:{place}" for place in places), "--keep")
    assert connections.read_text() == "\n"
    assert [result["path"] for result in results] == [str(place) for place in places]
    assert {result["state"] for result in results} == {"pushed"}
    first, *others = results
    assert first["copied"] is None and 0 < first["planned"] <= first["sent"] < 45_000
    for result in others:
        assert (result["copied"], result["planned"], result["sent"]) == (first["path"], 0, 0)
        assert result["wheels"] == first["wheels"]
    for place in places:
        assert place.read_bytes() == pair.new.read_bytes()
        assert place.stat().st_mode & 0o777 == pair.new.stat().st_mode & 0o777
        assert place.with_name("app.pex.previous").read_bytes() == pair.old.read_bytes()
        assert leftovers(place.parent) == []
    # What is written to one of them shows in no other.
    assert len({place.stat().st_ino for place in places}) == len(places)
    with before:
        assert before.read() == pair.old.read_bytes()
    results = push(server, pair.new, *(f"{server.user}:{place}" for place in places))
    assert {result["state"] for result in results} == {"there already"}


def test_each_place_is_refused_by_itself(server: Server, home: Path, pair: Pair, connections: Path) -> None:
    for name in (*NAMES, "five"):
        (home / name).mkdir()
    shutil.copy2(pair.new, home / "one" / "app.pex")
    (home / "two" / "app.pex").mkdir()
    (home / "four" / "app.pex").write_bytes(b"old")
    with (home / "three" / ".app.pex.pexlite-part").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        places = [f"{server.user}:{home / name / 'app.pex'}" for name in (*NAMES, "five", "nowhere")]
        results = push(server, pair.new, *places, code=7)
    assert connections.read_text() == "\n"
    assert [result["state"] for result in results] == [
        "there already",
        "failed",
        "failed",
        "pushed",
        "pushed",
        "failed",
    ]
    said = [result["error"] for result in results if result["state"] == "failed"]
    for words, text in zip(["is a directory", "another push", "has no directory"], said, strict=True):
        assert words in text
    # One has it: all of it is copied there.
    assert results[3]["planned"] < 20_000
    for name in ("one", "four", "five"):
        assert (home / name / "app.pex").read_bytes() == pair.new.read_bytes()


def test_two_paths_that_lead_to_one_file_both_have_it(
    server: Server, home: Path, pair: Pair, connections: Path
) -> None:
    shutil.copy2(pair.old, home / "app.pex")
    (home / "link.pex").symlink_to("app.pex")
    names = ("link.pex", "app.pex", "./app.pex", "other.pex")
    results = push(server, pair.new, *(f"{server.user}:{home}/{name}" for name in names), "--keep")
    assert connections.read_text() == "\n"
    assert [result["state"] for result in results] == ["pushed"] * len(names)
    for name in names:
        assert (home / name).read_bytes() == pair.new.read_bytes()
    assert (home / "link.pex").is_symlink()
    assert (home / "app.pex.previous").read_bytes() == pair.old.read_bytes()
    assert leftovers(home) == []


def test_paths_that_lead_to_one_file_are_refused_alike(server: Server, home: Path, pair: Pair) -> None:
    (home / "link.pex").symlink_to("app.pex")
    with (home / ".app.pex.pexlite-part").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        places = [f"{server.user}:{home}/{name}" for name in ("app.pex", "link.pex")]
        results = push(server, pair.new, *places, code=7)
    assert all("is at work" in result["error"] for result in results)


def test_what_had_arrived_for_one_place_is_gone_on_with(
    server: Server, home: Path, pair: Pair, connections: Path
) -> None:
    assert connections.exists()
    for name in NAMES:
        (home / name).mkdir()
    part = ".app.pex.pexlite-part"
    (home / "three" / part).write_bytes(pair.old.read_bytes()[:700_000])
    (home / "two" / part).write_bytes(b"of another")
    results = push(server, pair.old, *(f"{server.user}:{home / name / 'app.pex'}" for name in NAMES))
    assert [result["resumed"] for result in results] == [0, 0, 700_000, 0]
    for name in NAMES:
        assert (home / name / "app.pex").read_bytes() == pair.old.read_bytes()
        assert leftovers(home / name) == []


def test_a_dry_run_tells_what_each_place_would_get(
    server: Server, home: Path, pair: Pair, connections: Path
) -> None:
    results = push(server, pair.old, *(f"{server.user}:{home}/{name}" for name in NAMES), "--dry-run")
    assert connections.read_text() == "\n"
    assert {result["state"] for result in results} == {"would push"}
    assert results[0]["planned"] > 1_000_000 and [result["planned"] for result in results[1:]] == [0, 0, 0]
    assert list(home.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="takes root's mount: sudo")
def test_a_place_without_room_keeps_no_other_from_the_file(
    server: Server, home: Path, pair: Pair, connections: Path
) -> None:
    assert connections.exists()
    for name in NAMES:
        (home / name).mkdir()
    for name in ("one", "three"):
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(home / name)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")
    try:
        results = push(server, pair.old, *(f"{server.user}:{home / name / 'x'}" for name in NAMES), code=7)
        assert [result["state"] for result in results] == ["failed", "pushed", "failed", "pushed"]
        assert all("has no room for" in results[number]["error"] for number in (0, 2))
        for name in ("two", "four"):
            assert (home / name / "x").read_bytes() == pair.old.read_bytes()
        for name in ("one", "three"):
            assert list((home / name).iterdir()) == []
    finally:
        for name in ("one", "three"):
            subprocess.run(["umount", str(home / name)], check=True)


def test_names_that_ssh_knows_as_one_host_are_one(
    server: Server, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        "Host b",
        "User else",
        "Host d",
        "ProxyCommand relay %n",
        "Host e",
        "ProxyCommand relay %n",
        "Host f",
        "ProxyCommand relay %%n",
        "Host g",
        "ProxyCommand relay %%n",
        "Host *",
        "HostName server.invalid",
    ]
    (tmp_path / "config").write_text("\n".join(lines) + "\n")
    (tmp_path / "ssh").write_text(f'#!/bin/sh\nexec {server.programs}/ssh -F {tmp_path}/config "$@"\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    given = [Destination(name, f"{name}.pex") for name in "abcdefg"]
    given += [Destination("c", "more.pex"), Destination("c", "more.pex", 2222), Destination("a", "last.pex")]
    assert [[str(to) for to in group] for group in by_host(given)] == [
        ["a:a.pex", "c:c.pex", "c:more.pex", "a:last.pex"],
        ["b:b.pex"],
        ["d:d.pex"],
        ["e:e.pex"],
        ["f:f.pex", "g:g.pex"],
        ["ssh://c:2222/more.pex"],
    ]
    (tmp_path / "ssh").write_text("#!/bin/sh\nexit 1\n")
    assert [len(group) for group in by_host([Destination("a", "x"), Destination("b", "x")])] == [1, 1]


def copied(tmp_path: Path, content: bytes) -> bytes:
    (tmp_path / "source").write_bytes(content)
    (tmp_path / "target").write_bytes(b"longer than it will be " * 10)
    with (tmp_path / "source").open("rb") as source, (tmp_path / "target").open("r+b") as target:
        copies.copy(source.fileno(), target.fileno(), len(content))
    return (tmp_path / "target").read_bytes()


def test_a_copy_has_the_same_bytes_with_and_without_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(3 << 20, 5) + b"the end"
    assert copied(tmp_path, content) == content
    assert copied(tmp_path, b"") == b""

    def on_another_file_system(*_: int) -> int:
        raise OSError(errno.EXDEV, "elsewhere")

    monkeypatch.setattr(copies, "_cloned", lambda *_: False)
    monkeypatch.setattr(os, "copy_file_range", on_another_file_system, raising=False)
    assert copied(tmp_path, content) == content
    monkeypatch.delattr(os, "copy_file_range")
    assert copied(tmp_path, content) == content


def test_what_is_written_to_while_it_is_copied_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written_to(*_: int) -> int:
        (tmp_path / "source").write_bytes(b"else")
        return 0

    monkeypatch.setattr(copies, "_cloned", lambda *_: False)
    monkeypatch.setattr(os, "copy_file_range", written_to, raising=False)
    with pytest.raises(OSError, match="written to"):
        copied(tmp_path, b"this")
