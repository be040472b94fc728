"""Real virtual environments, into which pip or uv has installed wheels made here."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

INSTALLERS = ("pip", "uv")


def make_environment(directory: Path, packages: Sequence[Path | str], *, installer: str = "pip") -> Path:
    """A virtual environment of this Python at `directory`, with `packages` as `installer` installs them."""
    venv.create(directory, symlinks=True)
    install(directory, packages, installer=installer)
    return directory


def install(directory: Path, packages: Sequence[Path | str], *, installer: str = "pip") -> None:
    """Install `packages`, without what they need, into the environment at `directory`."""
    commands = {
        "pip": [sys.executable, "-m", "pip", "--python", str(directory), "install", "--no-build-isolation"],
        "uv": [sys.executable, "-m", "uv", "pip", "install", "--python", str(directory), "--no-build-isolation"],
    }
    command = [*commands[installer], "-q", "--no-index", "--no-deps", *map(str, packages)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def site_packages(directory: Path) -> Path:
    """The site-packages of the environment at `directory`."""
    (found,) = directory.glob("lib/python*/site-packages")
    return found
