"""A private index: pypiserver with a password, on 127.0.0.1. Nothing that is made or said holds the password."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.conftest import PASSWORD, Machine, both


@dataclass(frozen=True)
class Index:
    """A running pypiserver."""

    port: int

    def url(self, user: str = "") -> str:
        return f"http://{user + '@' if user else ''}127.0.0.1:{self.port}/simple/"


@pytest.fixture
def index(wheels: Path, tmp_path: Path) -> Iterator[Index]:
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (tmp_path / "htpasswd").write_text(f"someone:{{SHA}}{digest}\n")
    options = ["-P", str(tmp_path / "htpasswd"), "-a", "update,download,list", str(wheels)]
    port, server = _started(options)
    with server:
        try:
            yield Index(port)
        finally:
            server.terminate()


def _started(options: list[str]) -> tuple[int, subprocess.Popen[bytes]]:
    """The port of a pypiserver, and its process."""
    command = [sys.executable, "-m", "pypiserver", "run", "-i", "127.0.0.1", "--disable-fallback"]
    for _ in range(5):  # another process may have taken the port meanwhile
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            [*command, "-p", str(port), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if _answers(port, server):
            return port, server
        server.kill()
        server.wait()
    raise AssertionError("pypiserver did not start")


def _answers(port: int, server: subprocess.Popen[bytes]) -> bool:
    patience = time.monotonic() + 60
    while time.monotonic() < patience and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                if b"pypiserver" in b"".join(iter(lambda: connection.recv(65536), b"")):
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def told_to(machine: Machine, index: Index, way: str) -> tuple[list[str], dict[str, str]]:
    """The arguments and variables that tell pexlite the index and its password."""
    with_password = index.url(f"someone:{PASSWORD}")
    home = machine.directory / "home"
    if way == "option":
        return ["--index-url", with_password], {}
    if way == "variable":
        return [], {"PIP_INDEX_URL": with_password}
    if way == "pip.conf":
        (home / ".config/pip").mkdir(parents=True)
        (home / ".config/pip/pip.conf").write_text(f"[global]\nindex-url = {with_password}\n")
        return [], {"XDG_CONFIG_HOME": str(home / ".config")}
    netrc = home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login someone password {PASSWORD}\n")
    netrc.chmod(0o600)
    return ["--index-url", index.url()], {}


@both
@pytest.mark.parametrize("way", ["option", "variable", "pip.conf", "netrc"])
def test_a_password_opens_the_index_and_is_written_nowhere(
    way: str, resolver: str, machine: Machine, index: Index
) -> None:
    arguments, variables = told_to(machine, index, way)
    arguments += ["--resolver", resolver]
    said = machine.well("lock", "app", *arguments, **variables)
    said += machine.well("app", "-o", "direct.pex", "-v", *arguments, **variables)
    said += machine.well("app", "--lock", "pylock.toml", "-o", "locked.pex", "--json", *arguments, **variables)
    assert "core-2.0-py3-none-any.whl" in (machine.work / "pylock.toml").read_text()
    assert (machine.work / "direct.pex").is_file()
    assert (machine.work / "locked.pex").is_file()
    assert PASSWORD not in said
    assert machine.places_with("core-2.0") != []
    assert machine.places_with(PASSWORD) == []


@both
@pytest.mark.parametrize("user", ["", "someone:wrong-for-test"])
def test_without_the_right_password_it_is_said_what_to_do(
    user: str, resolver: str, machine: Machine, index: Index
) -> None:
    said = machine.badly(3, "app", "--index-url", index.url(user), "--resolver", resolver)
    assert said.splitlines()[-1].startswith("hint: ")
    assert "error: the package index refuses access" in said
    assert "netrc" in said
    assert "wrong-for-test" not in said


@both
def test_a_lock_says_of_no_server_how_to_get_in(resolver: str, machine: Machine, index: Index) -> None:
    machine.well("lock", "app", "--index-url", index.url(f"someone:{PASSWORD}"), "--resolver", resolver)
    said = machine.badly(3, "app", "--lock", "pylock.toml", "--resolver", resolver)
    assert "wants credentials and got none" in said
    assert "hint: put them into the index URL" in said


def test_json_is_all_there_is_on_stdout(machine: Machine, index: Index) -> None:
    done = machine.run("app", "--index-url", index.url(f"someone:{PASSWORD}"), "--json")
    assert json.loads(done.stdout)["path"].endswith("app.pex")
