"""The tests that need no network run without one, where the system lets them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.checkout import REPOSITORY

TELL = """
import os, socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=10)
print(os.getuid(), sorted(name for _, name in socket.if_nameindex()))
"""


def left(*command: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "tests.offline", *command]
    return subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)


def test_loopback_is_all_that_is_left_and_the_account_stays() -> None:
    done = left(sys.executable, "-c", TELL)
    if "note: " in done.stderr:
        pytest.skip(
            "the network cannot be left here: takes root, or user namespaces (sysctl user.max_user_namespaces)"
        )
    assert (done.returncode, done.stdout) == (0, f"{os.getuid()} ['lo']\n"), done.stderr


@pytest.mark.skipif(os.getuid() == 0, reason="root leaves the network in either way")
def test_what_takes_root_is_said() -> None:
    done = left("--as-root", sys.executable, "-c", "")
    assert (done.returncode, done.stderr.splitlines()) == (0, [done.stderr.strip()])
    assert "it takes root" in done.stderr


def test_the_command_ends_as_it_does_without() -> None:
    assert left(sys.executable, "-c", "raise SystemExit(5)").returncode == 5
