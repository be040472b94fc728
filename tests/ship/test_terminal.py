"""A push on a terminal: ssh asks there whether a host is the right one."""

from __future__ import annotations

import os
import pty
import select
import time
from pathlib import Path

import pytest

from tests.ship.conftest import Pair
from tests.ssh_server import Server


def answered(command: list[str], environment: dict[str, str], question: bytes, answer: bytes) -> tuple[int, bytes]:
    """The exit code and output of a command on a terminal, where its question is answered."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, environment)
    shown, is_answered, patience = b"", False, time.monotonic() + 90
    while time.monotonic() < patience:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how a terminal ends on Linux
            piece = b""
        if not piece:
            break
        shown += piece
        if question in shown and not is_answered:
            is_answered = True
            os.write(terminal, answer + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown


@pytest.mark.parametrize(("answer", "code"), [(b"yes", 0), (b"no", 7)])
def test_an_unknown_host_is_asked_about_by_ssh(
    server: Server, home: Path, pair: Pair, tmp_path: Path, answer: bytes, code: int
) -> None:
    config = tmp_path / "config"
    text = (server.programs.parent / "config").read_text()
    asking = text.replace("StrictHostKeyChecking no", "StrictHostKeyChecking ask")
    config.write_text(asking.replace(f"{server.programs.parent}/known", str(tmp_path / "known")))
    (tmp_path / "ssh").write_text(f'#!/bin/sh\nexec {server.programs}/ssh -F {config} "$@"\n')
    (tmp_path / "ssh").chmod(0o755)
    environment = {**server.environment, "PATH": f"{tmp_path}:{server.environment['PATH']}"}
    command = ["pexlite", "push", str(pair.old), f"{server.user}:{home}/app.pex"]
    ended, shown = answered(command, environment, b"continue connecting", answer)
    assert ended == code, shown.decode()
    assert (home / "app.pex").exists() == (code == 0)
    assert (b"pushed" if code == 0 else b"cannot be reached") in shown
