"""Tools for trials of first starts: an app that takes a moment to unpack, and checks of its start."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.runtime import processes, prune
from tests.bundles import bundle_file, function
from tests.factories import make_wheel

APP = """
import sys


def main():
    import hashlib, os, stuff
    with open(os.path.join(os.path.dirname(stuff.__file__), "noise"), "rb") as file:
        print("ran", len(file.read()), sys.prefix)
    return 3
"""
NOISE = random.Random(3).randbytes(6 << 20)

as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def slow_file(directory: Path) -> Path:
    """A file whose app prints how many bytes it finds, and where."""
    stuff: dict[str, str | bytes] = {f"stuff/m{number}.py": f"x = {number}\n" for number in range(200)}
    stuff.update({"stuff/__init__.py": "", "stuff/noise": NOISE})
    wheels = [make_wheel(directory, "app", files={"app.py": APP}), make_wheel(directory, "stuff", files=stuff)]
    return bundle_file(directory / "app.pex", wheels, function("app", "main"))


def judged(done: subprocess.CompletedProcess[str]) -> Path:
    """The app's directory, from the output of a start that has to be a good one."""
    assert (done.returncode, done.stderr) == (3, ""), done.stderr
    ran, size, prefix = done.stdout.split(" ", 2)
    assert (ran, int(size)) == ("ran", len(NOISE))
    return Path(prefix.strip())


def users(root: Path) -> list[str]:
    """A description of each process that passes for a user of an app in the cache `root`."""
    place = str(root / "lite-1")
    marks = {path.name: prune.mark(place, path.name) for path in root.glob("lite-1/apps/*-*")}
    apps = [processes.App(place, name, marks[name] or 0.0, prune.wheels_of(place, name)) for name in marks]
    return [str(vars(seen) | {"mapped": ""}) for seen in processes.running() if processes._used_by(seen, apps)]


def litter(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("lite-1/*/.*"))


@contextlib.contextmanager
def mounted(directory: Path, options: str) -> Iterator[Path]:
    """A separate file system, mounted at `directory`."""
    directory.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", directory], check=False)
    if done.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], check=True)
