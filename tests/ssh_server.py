"""A server to ship files to: a real sshd on 127.0.0.1, whose user has a Python and nothing else."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import needs
from tests.checkout import environment_with_pexlite


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
        return self.run("ssh", self.user, " ".join(command), stdin=stdin)


@contextlib.contextmanager
def running_server(
    directory: Path, path: str = "/usr/local/bin:/usr/bin:/bin", before: str = "true"
) -> Iterator[Server]:
    """A server that keeps all it has in `directory`; a test is skipped where there is no sshd.

    `path` is the PATH there, and `before` is run by the shell before each command, as a file of its own would be.
    """
    sshd = needs.program("sshd", more="/usr/sbin:/usr/local/sbin")  # where an ordinary user's PATH does not reach
    needs.program("ssh-keygen")
    sftp = needs.program("sftp-server", more="/usr/lib/openssh:/usr/libexec/openssh:/usr/libexec:/usr/lib/ssh")
    home = directory / "server"
    home.mkdir()
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(directory / name)]
        subprocess.run(words, check=True, timeout=60)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where the system's own service is not running
    port, process = _start(sshd, directory, home, (sftp, path, before))
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


def _start(
    sshd: str, directory: Path, home: Path, words: tuple[str, str, str]
) -> tuple[int, subprocess.Popen[bytes]]:
    """An sshd that lets the user with the key in, into `home`, and its port."""
    sftp, path, before = words
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
            f"SetEnv HOME={home} PATH={path}",
            f"Subsystem sftp {sftp}",
            # sshd begins in the account's home, whatever HOME says: that is the one of whoever runs the tests.
            f"ForceCommand cd '{home}' && {before} && eval \"$SSH_ORIGINAL_COMMAND\"",
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
