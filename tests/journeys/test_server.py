"""Shipping a CLI with scp: a real sshd on 127.0.0.1 is the server, its user has a Python and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.model import BuildRequest
from pexlite.pipeline.build import build
from tests.checkout import REPOSITORY
from tests.docs.pages import README, block_after, text_of
from tests.ssh_server import Server, running_server

pytestmark = [pytest.mark.journey, pytest.mark.network]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("ssh")) as found:
        yield found


def test_the_lines_of_the_readme_ship_a_cli(server: Server, tmp_path: Path) -> None:
    lines = block_after("**A command for a server.**", text_of(README))
    assert [line.split()[0] for line in lines] == ["pexlite", "scp"]
    (tmp_path / "my_cli.py").write_text(
        "import click, requests\n\n\ndef main():\n    print('well', click.__name__)\n"
    )
    if _pythons():
        lines[0] = f"{lines[0].partition('#')[0]} --python {_pythons()[0]}"  # the server has another one
    done = server.run("bash", "-c", f"cd '{tmp_path}' && {lines[0]}\n{lines[1]}")
    assert (done.returncode, done.stdout) == (0, b"well click\n"), done.stderr
    assert (server.home / "my_cli.pex").is_file()


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
