"""ssh is begun before the command line is imported, for a plain push; what is not plain is read first."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.ship import ahead
from tests.checkout import REPOSITORY, environment_with_pexlite
from tests.ship.conftest import Pair
from tests.ssh_server import Server

PLAIN = {
    ("push", "FILE", "server:app.pex"): "server",
    ("push", "FILE", "me@server.example:bin/app.pex", "--json", "-q", "--keep", "--warm"): "me@server.example",
    ("push", "--dry-run", "FILE", "server:one", "server:two:three"): "server",
}
READ_FIRST = (
    ("FILE", "server:app.pex"),
    ("build", "FILE", "server:app.pex"),
    ("push", "FILE"),
    ("push", "FILE", "server"),
    ("push", "FILE", "server:"),
    ("push", "FILE", ":app.pex"),
    ("push", "FILE", "one:app.pex", "two:app.pex"),
    ("push", "FILE", "app.pex", "--hosts", "hosts"),
    ("push", "FILE", "server:app.pex", "--help"),
    ("push", "FILE", "server:app.pex", "--signers", "signers"),
    ("push", "--rollback", "server:app.pex"),
    ("push", "missing", "server:app.pex"),
    ("push", "FILE", "ssh://server:22/app.pex"),
    ("push", "FILE", "-oProxyCommand=x:app.pex"),
    ("push", "FILE", "me@-oProxyCommand=x:app.pex"),
    ("push", "FILE", "a@b@c:app.pex"),
    ("push", "FILE", "@server:app.pex"),
    ("push", "FILE", "sub/server:app.pex"),
    ("push", "FILE", "[::1]:app.pex"),
    ("push", "FILE", "ser\nver:app.pex"),
    ("push", "FILE", "sérver:app.pex"),
    ("push", "FILE", ""),
)


def test_only_a_plain_push_is_begun_ahead(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    def host(words: tuple[str, ...]) -> str | None:
        return ahead._host_in([str(tmp_path / "file") if word == "FILE" else word for word in words])

    assert {words: host(words) for words in PLAIN} == PLAIN
    assert {words: host(words) for words in READ_FIRST} == dict.fromkeys(READ_FIRST)


def test_a_push_of_what_is_there_imports_nothing_that_reads_files(
    server: Server, home: Path, pair: Pair, tmp_path: Path
) -> None:
    counted = tmp_path / "connections"
    (tmp_path / "ssh").write_text(f'#!/bin/sh\necho >>{counted}\nexec {server.programs}/ssh "$@"\n')
    (tmp_path / "ssh").chmod(0o755)
    file = tmp_path / "app.pex"
    file.write_bytes(pair.old.read_bytes())
    os.utime(file, (1_700_000_000, 1_700_000_000))  # what was written in this moment gets no note
    environment = {**server.environment, "PYTHONPATH": str(REPOSITORY)}
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    # A host near by answers before the push reads on; on a busy machine that may take longer.
    start = "from pexlite.ship import push; push._PATIENCE = 60; from pexlite.__main__ import main; main()"
    place = f"{server.user}:{home}/app.pex"
    command: list[str | Path] = [sys.executable, "-X", "importtime", "-c", start, "push", file, place]
    for state in ("pushed", "there already"):
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
        assert done.returncode == 0 and state.encode() in done.stderr
    assert counted.read_text() == "\n\n"
    if not os.listxattr(file):
        pytest.skip("this file system keeps no notes with files")
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr.decode(), flags=re.MULTILINE))
    assert "pexlite.ship.connection" in imported
    assert not imported & {"zipfile", "packaging", "hashlib", "pexlite.archive.reader", "pexlite.ship.sending"}


def test_an_ssh_that_nobody_uses_is_ended(tmp_path: Path) -> None:
    environment = {**environment_with_pexlite(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    (tmp_path / "bin" / "ssh").write_text(f"#!/bin/sh\necho $$ >{tmp_path}/number\nexec sleep 300\n")
    (tmp_path / "bin" / "ssh").chmod(0o755)
    (tmp_path / "none.pex").write_bytes(b"not built by pexlite")
    words: list[str | Path] = ["push", tmp_path / "none.pex", "server:app.pex"]
    command = [sys.executable, "-m", "pexlite", *words]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode not in (0, 1) and b"none.pex" in done.stderr
    if (tmp_path / "number").exists() and (number := (tmp_path / "number").read_text()):
        with pytest.raises(ProcessLookupError):
            os.kill(int(number), 0)
