"""A build whose file is pushed: `pexlite … --for HOST --push`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pexlite.errors import UsageError
from pexlite.ship.destination import destinations_on
from tests.ship.conftest import leftovers
from tests.ssh_server import Server


@pytest.fixture
def here(tmp_path: Path, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that says where it runs, in the current directory of who ships."""
    place = tmp_path / "here"
    (place / "tool").mkdir(parents=True)
    (place / "tool" / "__init__.py").write_text("def main():\n    print('it runs')\n")
    monkeypatch.chdir(place)
    return place


def build(server: Server, *words: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    """`pexlite ./tool …` as the one who ships types it, for the server."""
    done = server.run("pexlite", "./tool", "-e", "tool:main", "--no-progress", "--for", server.user, *words)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def test_a_file_is_built_for_a_host_and_put_there_at_once(server: Server, home: Path, here: Path) -> None:
    done = build(server, "--push", f"{home.name}/tool.pex")
    told = done.stderr.decode().splitlines()
    assert told[-2].startswith("wrote tool.pex") and told[-1].startswith(f"pushed {server.user}:")
    assert server.there(f"./{home.name}/tool.pex").stdout == b"it runs\n"
    assert (home / "tool.pex").read_bytes() == (here / "tool.pex").read_bytes()
    assert leftovers(home) == []


def test_alone_it_goes_into_the_home_there(server: Server, here: Path) -> None:
    build(server, "-o", "of-the-home.pex", "--push")
    assert server.there("./of-the-home.pex").stdout == b"it runs\n"
    (server.home / "of-the-home.pex").unlink()


def test_programs_hear_of_the_build_and_of_each_push(server: Server, home: Path, here: Path) -> None:
    places = [f"{home}/a.pex", f"{server.user}:{home}/b.pex", f"{server.user}:{home}/missing/c.pex"]
    done = build(server, "--json", *(word for place in places for word in ("--push", place)), code=7)
    said = json.loads(done.stdout)
    assert said["written"] and [push["state"] for push in said["pushes"]] == ["pushed", "pushed", "failed"]
    assert sorted(path.name for path in home.iterdir()) == ["a.pex", "b.pex"]


def test_a_dry_run_says_where_it_would_go(server: Server, home: Path, here: Path) -> None:
    done = build(server, "--dry-run", "--push", f"{home}/tool.pex")
    assert done.stderr.decode().splitlines()[-1] == f"would push it to {server.user}:{home}/tool.pex"
    assert list(home.iterdir()) == [] and not (here / "tool.pex").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--push", "bin/"], "is a directory"),
        (["--push", "me@-oProxyCommand=x:app.pex"], "is no host"),
        (["--push", "app.pex", "--", "more"], "leave out --push"),
    ],
)
def test_a_place_that_is_none_is_refused_before_anything_is_built(
    server: Server, here: Path, words: list[str], told: str
) -> None:
    shutil.rmtree(here / "tool")  # whoever looked for it would say so
    (here / "tool").mkdir()
    assert told in build(server, *words, code=2).stderr.decode()


@pytest.mark.parametrize(
    ("host", "given", "expected"),
    [
        ("web", "", "web:app.pex"),
        ("me@web", "bin/{host}", "me@web:bin/web"),
        ("me@web", "other:x", "other:x"),
        ("ssh://me@web:22", "", "ssh://me@web:22/app.pex"),
        ("ssh://me@web:22/", "/srv/x", "ssh://me@web:22//srv/x"),
        ("ssh://web", "x", "web:x"),
    ],
)
def test_a_path_without_a_host_is_on_the_host_that_it_is_built_for(host: str, given: str, expected: str) -> None:
    assert [str(found) for found in destinations_on([host], [given], "app.pex")] == [expected]


def test_a_place_without_a_host_takes_one_that_it_is_built_for() -> None:
    with pytest.raises(UsageError, match="built for none"):
        destinations_on([], [""], "app.pex")
