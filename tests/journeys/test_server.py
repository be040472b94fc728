"""Shipping a CLI with scp: a real sshd on 127.0.0.1 is the server, its user has a Python and nothing else."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pexlite.model import BuildRequest
from pexlite.pipeline.build import build
from tests import needs
from tests.checkout import REPOSITORY, environment_with_pexlite

pytestmark = [pytest.mark.journey, pytest.mark.network]

# Installed where an ordinary user's PATH does not reach.


@dataclass(frozen=True)
class Server:
    """The machine behind ssh: its user's home, and the programs that reach it."""

    home: Path
    programs: Path
    environment: dict[str, str]

    @property
    def user(self) -> str:
        return f"{getpass.getuser()}@server"

    def run(self, *command: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run `command` here, as the one who ships, and return how it ended."""
        words = [str(word) for word in command]
        return subprocess.run(
            words, env=self.environment, input=stdin, capture_output=True, check=False, timeout=120
        )

    def there(self, *command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run `command` in the server's home, and return how it ended."""
        return self.run("ssh", self.user, f"cd '{self.home}' && {' '.join(command)}", stdin=stdin)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    sshd = needs.program("sshd", more="/usr/sbin:/usr/local/sbin")
    needs.program("ssh-keygen")
    directory = tmp_path_factory.mktemp("ssh")
    home = directory / "server"
    home.mkdir()
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(directory / name)]
        subprocess.run(words, check=True, timeout=60)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where the system's own service is not running
    port, process = _start(sshd, directory, home)
    try:
        lines = [
            "Host server",
            "HostName 127.0.0.1",
            f"Port {port}",
            f"IdentityFile {directory}/user",
            "IdentitiesOnly yes",
            "StrictHostKeyChecking no",
            f"UserKnownHostsFile {directory}/known",
            "LogLevel ERROR",
        ]
        (directory / "config").write_text("\n".join(lines) + "\n")
        environment = environment_with_pexlite(directory)
        programs = directory / "bin"
        for name in ("ssh", "scp"):
            # They read the configuration of the account, whatever HOME says.
            (programs / name).write_text(f'#!/bin/sh\nexec {needs.program(name)} -F {directory}/config "$@"\n')
            (programs / name).chmod(0o755)
        yield Server(home, programs, environment)
    finally:
        process.terminate()
        process.wait(30)


def _start(sshd: str, directory: Path, home: Path) -> tuple[int, subprocess.Popen[bytes]]:
    """An sshd that lets the user with the key in, into `home`, and its port."""
    for _ in range(5):  # another process may take the port meanwhile
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        lines = [
            f"ListenAddress 127.0.0.1:{port}",
            f"HostKey {directory}/host",
            f"AuthorizedKeysFile {directory}/user.pub",
            "AuthenticationMethods publickey",
            "PermitRootLogin prohibit-password",
            "StrictModes no",
            "UsePAM no",
            "PidFile none",
            f"SetEnv HOME={home} PATH=/usr/local/bin:/usr/bin:/bin",
            "Subsystem sftp internal-sftp",
        ]
        (directory / "sshd_config").write_text("\n".join(lines) + "\n")
        process = subprocess.Popen(
            [sshd, "-D", "-e", "-f", str(directory / "sshd_config")],
            stderr=(directory / "log").open("ab"),
            stdin=subprocess.DEVNULL,
        )
        patience = time.monotonic() + 30
        while time.monotonic() < patience and process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                    if connection.recv(4) == b"SSH-":
                        return port, process
            except OSError:
                time.sleep(0.05)
        process.kill()
        process.wait()
    raise AssertionError((directory / "log").read_text())


def test_the_first_lines_of_the_readme_ship_a_cli(server: Server, tmp_path: Path) -> None:
    lines = re.findall(
        r"^    (.*)\n", (REPOSITORY / "README.md").read_text().partition("## Start")[0], re.MULTILINE
    )
    assert [line.split()[0] for line in lines] == ["pexlite", "scp"]
    (tmp_path / "my_cli.py").write_text(
        "import click, requests\n\n\ndef main():\n    print('well', click.__name__)\n"
    )
    if _pythons():
        lines[0] = f"{lines[0].partition('#')[0]} --python {_pythons()[0]}"  # the server has another one
    done = server.run("bash", "-c", f"cd '{tmp_path}' && {lines[0]}\n{lines[1]}")
    assert (done.returncode, done.stdout) == (0, b"well click\n"), done.stderr


def test_a_cli_is_shipped_with_scp_and_runs_there(server: Server, tmp_path: Path) -> None:
    example = REPOSITORY / "examples" / "my_cli"
    file = tmp_path / "my_cli.pex"
    build(
        BuildRequest(
            directory=example,
            requirements=("requests", "click"),
            script="my_cli:main",
            output=file,
            pythons=_pythons(),
        )
    )
    shipped = server.run("scp", "-q", file, example / "poem.txt", f"{server.user}:{server.home}/")
    assert shipped.returncode == 0, shipped.stderr
    done = server.there("./my_cli.pex", "poem.txt")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"     5  poem.txt\n", b"")
    assert (server.home / ".pex" / "lite-2").is_dir()
    # Its input is the one given here, and so are its exit code and a failure of its own.
    done = server.there("./my_cli.pex", "/dev/stdin", stdin=b"one two")
    assert done.stdout == b"     2  /dev/stdin\n"
    assert server.there("./my_cli.pex").returncode == 2
    # A new version over the old one, as it runs or not.
    assert server.run("scp", "-q", file, f"{server.user}:{server.home}/").returncode == 0
    assert server.there("./my_cli.pex", "poem.txt").stdout == done.stdout.replace(b"2  /dev/stdin", b"5  poem.txt")


def test_what_is_started_there_ends_when_the_connection_does(server: Server, tmp_path: Path) -> None:
    (tmp_path / "stay.py").write_text(
        "import os, sys, time\n\n\ndef main():\n    print(os.getpid(), flush=True)\n    time.sleep(600)\n"
    )
    file = tmp_path / "stay.pex"
    request = BuildRequest(directory=tmp_path, script="stay:main", output=file, pythons=_pythons())
    build(request)
    assert server.run("scp", "-q", file, f"{server.user}:{server.home}/").returncode == 0
    # With a terminal, as a person has one: that is what hangs up.
    command = ["ssh", "-tt", server.user, f"{server.home}/stay.pex"]
    with subprocess.Popen(
        command, env=server.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as client:
        assert client.stdout
        pid = int(client.stdout.readline())
        client.kill()
    patience = time.monotonic() + 30
    while _runs(pid) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not _runs(pid)


def test_a_probe_of_the_server_is_what_is_built_for(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "target.json"
    probed = server.run("pexlite", "probe", server.user, "-o", target)
    assert probed.returncode == 0, probed.stderr
    file = tmp_path / "env.pex"
    built = server.run("pexlite", "markupsafe", "--target", target, "-o", file)
    assert built.returncode == 0, built.stderr
    assert server.run("scp", "-q", file, f"{server.user}:{server.home}/").returncode == 0
    done = server.there("./env.pex", "-c", "'import markupsafe._speedups; print(1)'")
    assert (done.returncode, done.stdout) == (0, b"1\n"), done.stderr


def test_a_server_that_lets_nobody_in_is_told(server: Server, tmp_path: Path) -> None:
    done = server.run("pexlite", "probe", "nobody@server", "-o", tmp_path / "target.json")
    assert done.returncode == 7
    said = done.stderr.decode()
    assert "error: nobody@server does not say what it can run\n" in said
    assert "Permission denied" in said and "Traceback" not in said
    assert not (tmp_path / "target.json").exists()


def _pythons() -> tuple[str, ...]:
    """The Python on the server's PATH, which a person who ships would name or probe."""
    found = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    return (found,) if found else ()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
