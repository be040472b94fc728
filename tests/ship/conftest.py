"""A real sshd to push to, and built files of two versions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bundles import bundle_file, function
from tests.factories import make_wheel
from tests.ssh_server import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("ssh")) as found:
        yield found


@dataclass(frozen=True)
class Pair:
    """Two versions of an application, which share most."""

    old: Path
    new: Path


def noise(size: int, seed: int) -> bytes:
    """Bytes that no compression makes smaller, the same each time."""
    import random

    return random.Random(seed).randbytes(size)


def text(lines: int, seed: int) -> str:
    """Lines of Python, the same each time."""
    import random

    chosen = random.Random(seed)
    return "".join(f"value_{number} = {chosen.randrange(10**9)}\n" for number in range(lines))


def _file(place: Path, version: str) -> Path:
    """An application with its code, a library that both versions share, and one with a patch release."""
    directory = place / version
    directory.mkdir()
    patched = text(6000, 2).replace("value_3000 = ", f"value_3000 = {version.replace('.', '')}")
    wheels = [
        make_wheel(
            directory,
            "app",
            version,
            files={"app.py": f"import shared, patched\n\n\ndef main():\n    print('version {version}')\n"},
        ),
        make_wheel(directory, "shared", files={"shared/__init__.py": "", "shared/data.bin": noise(1 << 20, 1)}),
        make_wheel(
            directory,
            "patched",
            version,
            files={"patched/__init__.py": "", "patched/lib.so": patched, "patched/same.bin": noise(1 << 18, 3)},
        ),
    ]
    return bundle_file(place / f"app-{version}.pex", wheels, function("app", "main"), local=wheels[:1])


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    place = tmp_path_factory.mktemp("pair")
    return Pair(_file(place, "1.0"), _file(place, "2.0"))


@pytest.fixture
def home(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on the server for one test; ssh in this process reaches the server too."""
    for name in [name for name in os.environ if name.startswith("PEX_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / "store"))
    monkeypatch.setenv("PATH", server.environment["PATH"])
    place = server.home / tmp_path.name
    place.mkdir()
    return place


@pytest.fixture
def connections(server: Server, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that gets a line for each ssh that connects; nothing lies in the cache there."""
    assert home.is_dir()
    shutil.rmtree(server.home / ".pex", ignore_errors=True)
    counted = tmp_path / "connections"
    counted.touch()
    folder = tmp_path / "counting"
    folder.mkdir()
    lines = ["#!/bin/sh", f'test "$1" = -G || echo >>{counted}', f'exec {server.programs}/ssh "$@"']
    (folder / "ssh").write_text("\n".join(lines) + "\n")
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return counted


def leftovers(home: Path) -> list[str]:
    """The names of all hidden files in a directory."""
    return sorted(path.name for path in home.iterdir() if path.name.startswith("."))


def told(output: bytes) -> dict[str, Any]:
    """The only result in the JSON of a push."""
    [result] = json.loads(output)
    return dict(result)
