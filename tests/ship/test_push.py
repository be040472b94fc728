"""Pushing over a real sshd: the host has the file afterwards, and was sent what it lacked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.ship.conftest import Pair, leftovers, told
from tests.ssh_server import Server


def push(server: Server, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    """`pexlite push` as the one who ships types it."""
    done = server.run("pexlite", "push", *words)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def test_a_first_push_sends_the_file_and_it_runs_there(server: Server, home: Path, pair: Pair) -> None:
    done = push(server, pair.old, f"{server.user}:{home.name}/app.pex")
    assert b"pushed" in done.stderr
    assert (home / "app.pex").read_bytes() == pair.old.read_bytes()
    assert server.there(f"./{home.name}/app.pex").stdout == b"version 1.0\n"
    assert leftovers(home) == []


def test_the_next_version_is_sent_as_differences(server: Server, home: Path, pair: Pair) -> None:
    place = f"{server.user}:{home}/app.pex"
    push(server, pair.old, place)
    result = told(push(server, pair.new, place, "--json").stdout)
    assert (home / "app.pex").read_bytes() == pair.new.read_bytes()
    assert result["wheels"] == {
        "there": ["shared-1.0-py3-none-any.whl"],
        "changed": ["app-2.0-py3-none-any.whl", "patched-2.0-py3-none-any.whl"],
        "new": [],
    }
    assert result["planned"] < 20_000  # of 1.5 MB


def test_what_is_there_already_is_not_sent(server: Server, home: Path, pair: Pair) -> None:
    shutil.copy2(pair.old, home / "app.pex")
    before = (home / "app.pex").stat().st_ino
    result = told(push(server, pair.old, f"{server.user}:{home}/app.pex", "--json").stdout)
    assert (result["state"], result["planned"]) == ("there already", 0)
    assert (home / "app.pex").stat().st_ino == before
    assert leftovers(home) == []


def test_wheels_are_taken_from_files_beside_it(server: Server, home: Path, pair: Pair) -> None:
    shutil.copy2(pair.old, home / "app-1.pex")
    result = told(push(server, pair.new, f"{server.user}:{home}/app-2.pex", "--json").stdout)
    assert result["wheels"]["new"] == []
    assert result["planned"] < 20_000
    assert (home / "app-2.pex").read_bytes() == pair.new.read_bytes()


def test_wheels_are_taken_from_the_cache(server: Server, home: Path, pair: Pair) -> None:
    push(server, pair.old, f"{server.user}:{home}/app.pex", "--warm")
    (home / "app.pex").unlink()
    result = told(push(server, pair.new, f"{server.user}:{home}/app.pex", "--json").stdout)
    assert "shared-1.0-py3-none-any.whl" in result["wheels"]["there"]
    assert result["planned"] < 700_000  # without the megabyte that is shared
    assert (home / "app.pex").read_bytes() == pair.new.read_bytes()


def test_a_path_is_only_a_name(server: Server, home: Path, pair: Pair) -> None:
    names = ["with blanks.pex", 'it\'s "quoted"', "two\nlines", "-n", "$HOME `id` ; true", "ünï", "a:b", "*"]
    push(server, pair.old, *(f"{server.user}:{home}/{name}" for name in names), f"{server.user}:-rf")
    assert sorted(path.name for path in home.iterdir()) == sorted(names)
    (server.home / "-rf").unlink()


def test_a_place_that_takes_no_file_is_refused(server: Server, home: Path, pair: Pair) -> None:
    refused = {"missing/app.pex": "has no directory", "directory": "is a directory", "pipe": "is no regular file"}
    (home / "directory").mkdir()
    os.mkfifo(home / "pipe")
    done = push(server, pair.old, *(f"{server.user}:{home}/{name}" for name in refused), "--json", code=7)
    for result, words in zip(json.loads(done.stdout), refused.values(), strict=True):
        assert words in result["error"]
    assert sorted(path.name for path in home.iterdir()) == ["directory", "pipe"]


def test_an_old_file_that_is_not_ours_is_no_source(server: Server, home: Path, pair: Pair) -> None:
    contents = {"empty": b"", "other": b"not ours", "zip": b"PK\x05\x06" + bytes(18)}
    for name, content in contents.items():
        (home / name).mkdir()
        (home / name / "app.pex").write_bytes(content)
    push(server, pair.old, *(f"{server.user}:{home}/{name}/app.pex" for name in contents))
    assert {(home / name / "app.pex").read_bytes() for name in contents} == {pair.old.read_bytes()}


def test_a_damaged_old_file_does_no_harm(server: Server, home: Path, pair: Pair) -> None:
    places = [0.1, 0.3, 0.6, 0.8, 0.99]
    for share in places:
        content = bytearray(pair.old.read_bytes())
        content[int(len(content) * share)] ^= 1
        (home / str(share)).mkdir()
        (home / str(share) / "app.pex").write_bytes(content)
    push(server, pair.new, *(f"{server.user}:{home}/{share}/app.pex" for share in places))
    assert {(home / str(share) / "app.pex").read_bytes() for share in places} == {pair.new.read_bytes()}
    assert [leftovers(home / str(share)) for share in places] == [[]] * len(places)


def test_a_dry_run_changes_nothing_there(server: Server, home: Path, pair: Pair) -> None:
    done = push(server, pair.old, f"{server.user}:{home}/app.pex", "--dry-run")
    assert b"would push" in done.stderr
    assert list(home.iterdir()) == []


def test_a_directory_in_the_place_of_the_kept_file_is_told_before_anything_is_sent(
    server: Server, home: Path, pair: Pair
) -> None:
    shutil.copy2(pair.old, home / "app.pex")
    (home / "app.pex.previous").mkdir()
    done = push(server, pair.new, f"{server.user}:{home}/app.pex", "--keep", code=7)
    assert b"app.pex.previous on" in done.stderr and b"is a directory" in done.stderr
    assert (home / "app.pex").read_bytes() == pair.old.read_bytes()
    assert leftovers(home) == []


def test_a_link_stays_one(server: Server, home: Path, pair: Pair) -> None:
    (home / "app-1.pex").write_bytes(b"old")
    (home / "app.pex").symlink_to("app-1.pex")
    push(server, pair.old, f"{server.user}:{home}/app.pex")
    assert (home / "app.pex").is_symlink()
    assert (home / "app-1.pex").read_bytes() == pair.old.read_bytes()


def test_several_hosts_are_told_one_by_one(server: Server, home: Path, pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text(f"# all of them\n{server.user}\nnowhere.invalid\n")
    (home / "server").mkdir()
    done = push(
        server,
        pair.old,
        f"{home}/{{host}}/app.pex",
        f"{server.user}:{home}/missing/app.pex",
        "--hosts",
        tmp_path / "hosts",
        "--json",
        code=7,
    )
    results = json.loads(done.stdout)
    assert sorted(result["state"] for result in results) == ["failed", "failed", "pushed"]
    assert (home / "server" / "app.pex").read_bytes() == pair.old.read_bytes()


def test_an_unknown_host_is_an_error_with_the_words_of_ssh(server: Server, pair: Pair) -> None:
    done = push(server, pair.old, "nobody@nowhere.invalid:app.pex", code=7)
    assert b"nowhere.invalid cannot be reached" in done.stderr
    assert b"ssh: " in done.stderr
