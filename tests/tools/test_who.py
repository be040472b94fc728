"""Files that carry a project are found by any tool's way of carrying it, here and on a host."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pexlite.cli.main import run as run_command
from pexlite.tools import carried
from pexlite.tools.who import who
from tests.bundles import bundle_file, function
from tests.factories import make_wheel
from tests.interpreters import supported
from tests.ssh_server import Server, running_server


def zipped(path: Path, *members: str, info: object = None, before: bytes = b"") -> Path:
    with path.open("wb") as file:
        file.write(before)
        with zipfile.ZipFile(file, "w") as archive:
            for member in members:
                archive.writestr(member, "")
            if info is not None:
                archive.writestr("PEX-INFO", json.dumps(info))
    return path


def of_pexlite(directory: Path) -> Path:
    wheel = make_wheel(directory, "my-certs", "1.5", files={"certs.py": ""})
    return bundle_file(directory / "app.pex", [wheel], function("certs", "main"))


WHEEL = "my_certs-1.5-py3-none-any.whl"
CARRIERS: dict[str, Callable[[Path], Path]] = {
    "pexlite's": of_pexlite,
    "pex's": lambda place: zipped(place / "a", info={"distributions": {WHEEL: "0"}}, before=b"#!/bin/python3\n"),
    "pex's, its wheels spread out": lambda place: zipped(place / "a", f".deps/{WHEEL}/certs.py", info={}),
    "shiv's": lambda place: zipped(place / "a", "site-packages/My.Certs-1.5.dist-info/METADATA"),
    "a wheel": lambda place: make_wheel(place, "my-certs", "1.5"),
    "a zip of eggs": lambda place: zipped(place / "a.zip", "my_certs-1.5.egg-info/PKG-INFO"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CARRIERS)
def test_a_file_that_carries_it_is_named(kind: str, tmp_path: Path) -> None:
    file = CARRIERS[kind](tmp_path)
    for asked, expected in {"my_certs": ["1.5"], "My.Certs<2": ["1.5"], "my-certs>=2": [], "certs": []}.items():
        found = who(asked, [str(file)])
        assert [version for carrier in found.carriers for version in carrier.versions] == expected
        assert not found.unread
        assert not found.failures


def test_all_below_a_directory_is_looked_into_once_and_links_are_left(tmp_path: Path) -> None:
    deep = tmp_path / "a b" / "c\nd"
    deep.mkdir(parents=True)
    file = zipped(deep / "it's.pex", f".deps/{WHEEL}")
    (tmp_path / "link.pex").symlink_to(file)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "text").write_text("PK")
    (tmp_path / "cut.zip").write_bytes(file.read_bytes()[30:])
    os.mkfifo(tmp_path / "pipe")
    found = who("my-certs", [str(tmp_path)])
    assert [carrier.path for carrier in found.carriers if "cut" not in carrier.path] == [str(file)]


def test_what_cannot_be_read_is_told_and_the_rest_found(tmp_path: Path) -> None:
    zipped(tmp_path / "good.pex", f".deps/{WHEEL}")
    zipped(tmp_path / "odd.pex", f".deps/{WHEEL}", info=[1])
    zipped(tmp_path / "bad.pex", "x").write_bytes(b"PK\5\6" + b"\xff" * 18)
    with zipfile.ZipFile(tmp_path / "text.pex", "w") as archive:
        archive.writestr("PEX-INFO", b"\xff{")
    found = who("my-certs", [str(tmp_path)])
    assert [Path(carrier.path).name for carrier in found.carriers] == ["good.pex", "odd.pex"]
    assert {Path(sentence.partition(" cannot")[0]).name for sentence in found.unread} == {"bad.pex", "text.pex"}


def test_the_oldest_python_can_look(tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.pex", f".deps/{WHEEL}")
    text = Path(carried.__file__).read_text().replace("ASKED = ()", f"ASKED = ({str(tmp_path)!a}, 'my-certs')")
    for python in (supported()[0], supported()[-1]):
        done = subprocess.run([python.path, "-I", "-S", "-"], input=text.encode(), capture_output=True, check=True)
        assert done.stdout.decode().splitlines() == [
            carried.MARK + json.dumps([str(file), ["1.5"], ""]), f"{carried.MARK}null",
        ]  # fmt: skip


def test_the_exit_code_tells_whether_there_are_any(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = zipped(tmp_path / "a.pex", f".deps/{WHEEL}")
    assert run_command(["who", "my-certs>=2", str(file)]) == 0
    assert run_command(["who", "my-certs<2", str(file)]) == 1
    assert capsys.readouterr().out == f"{file}  1.5\n"
    assert run_command(["who", "my-certs<2", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["carriers"][0]["versions"] == ["1.5"]
    assert run_command(["who", "my certs", str(file)]) == 2
    assert run_command(["who", "my-certs", str(tmp_path / "nowhere" / "x")]) == 6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as started:
        yield started


def test_a_host_names_its_files(server: Server) -> None:
    place = server.home / "a b; touch made'"
    place.mkdir()
    zipped(place / "a.pex", f".deps/{WHEEL}")
    done = server.run("pexlite", "who", "my-certs", f"{server.user}:{place}", "nobody@127.0.0.9:/x", "--json")
    told = json.loads(done.stdout.decode().partition("\n}\n")[0] + "\n}")
    assert told["carriers"] == [{"host": server.user, "path": f"{place}/a.pex", "versions": ["1.5"]}]
    assert done.returncode == 7
    assert b"nobody@127.0.0.9 does not say what it has" in done.stderr
    assert [path.name for path in server.home.iterdir() if path.name == "made"] == []


def test_a_host_that_prints_a_greeting_is_understood(server: Server) -> None:
    zipped(server.home / "a.pex", f".deps/{WHEEL}")
    done = server.run("pexlite", "who", "my-certs", f"{server.user}:{server.home}/a.pex")
    assert (done.returncode, done.stdout.decode()) == (1, f"{server.user}:{server.home}/a.pex  1.5\n")


@pytest.mark.parametrize("place", ["-oProxyCommand=touch made", "-", "a b", "no/such/file", ""])
def test_what_might_be_an_option_of_ssh_is_no_host(place: str) -> None:
    [failure] = who("x", [place]).failures
    assert failure.message == f"there is no {place}"
