"""A push of what is there already: asked in one round trip, and not read there again while nobody wrote to it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.ship.travelling import program
from tests.ship.conftest import Pair, told
from tests.ssh_server import Server

_LOADED = """
import binascii, sys, zlib
exec(zlib.decompress(binascii.a2b_base64(sys.stdin.buffer.readline())).decode().rpartition("if __name__")[0])
slow = {"base64", "collections", "hashlib", "json", "re", "struct", "subprocess", "threading"}
print(sorted(loaded), sorted(slow & set(sys.modules)))
"""


def state_of(server: Server, file: Path, place: Path) -> str:
    done = server.run("pexlite", "push", file, f"{server.user}:{place}", "--json")
    return str(told(done.stdout)["state"])


def notes(path: Path) -> list[str]:
    return [name for name in os.listxattr(path) if name.startswith("user.pexlite")]


def test_the_host_loads_no_more_than_it_takes_to_say_that_a_file_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LOADED], input=program(), capture_output=True, check=True, timeout=60
    )
    assert done.stdout == b"['machine', 'noted', 'place'] []\n"


@pytest.mark.skipif(not hasattr(os, "listxattr"), reason="this system keeps no notes with files")
def test_a_file_that_was_written_to_is_read_again(server: Server, home: Path, pair: Pair) -> None:
    path = home / "app.pex"
    assert state_of(server, pair.old, path) == "pushed"
    if not notes(path):
        pytest.skip("this file system keeps no notes with files")
    assert state_of(server, pair.old, path) == "there already"
    with path.open("r+b") as file:
        file.seek(500_000)
        file.write(b"damaged")
    assert state_of(server, pair.old, path) == "pushed"
    assert path.read_bytes() == pair.old.read_bytes()
    # The note of another file of the same size and time counts for nothing.
    shutil.copy2(path, home / "copy")
    with (home / "copy").open("r+b") as file:
        file.seek(500_000)
        file.write(b"damaged")
    os.utime(home / "copy", ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    for name in notes(path):
        os.setxattr(home / "copy", name, os.getxattr(path, name))
    (home / "copy").rename(path)
    assert state_of(server, pair.old, path) == "pushed"
    assert path.read_bytes() == pair.old.read_bytes()
