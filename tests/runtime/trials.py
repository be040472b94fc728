"""Tools for trials of first starts: an app that takes a moment to unpack, and checks of its start."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.runtime.cache.app import App
from pexlite.runtime.upkeep import users as looking
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

as_root = pytest.mark.skipif(os.getuid() != 0, reason="takes root, to be several accounts: sudo")


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
    """A view of each process that passes for a user of an app in the cache `root`."""
    apps = [App(str(path)) for path in root.glob("lite-2/apps/*-*")]
    candidates = [looking.Candidate(app, app.mark() or 0.0) for app in apps]
    seen = [process for process in looking.running() if looking._used_by(process, candidates)]
    return [str(vars(process) | {"mapped": ""}) for process in seen]


def litter(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("lite-2/*/.*"))


@contextlib.contextmanager
def mounted(directory: Path, options: str) -> Iterator[Path]:
    """A separate file system, mounted at `directory`."""
    directory.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", directory], check=False)
    if done.returncode:
        pytest.skip("nothing can be mounted here: takes root outside of a container")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], check=True)


# Python imports it by itself. What a start cannot stat is no place for it; modules are found otherwise.
_ALONE = """\
import os

stat = os.stat


def stat_of_the_rest(path, *arguments, **more):
    if path in ("/var/tmp", "/tmp", "/dev/shm"):
        raise FileNotFoundError(2, "it is not there for the test", path)
    return stat(path, *arguments, **more)


os.stat = stat_of_the_rest
"""


def only_temporary(directory: Path) -> dict[str, str]:
    """The variables of a start whose one place for temporary files is `directory`/tmp, which is made, and empty.

    In the places that all accounts share, earlier starts may have left a private directory, which every later
    start of the account takes.
    """
    (directory / "alone").mkdir()
    (directory / "alone" / "sitecustomize.py").write_text(_ALONE)
    (directory / "tmp").mkdir()
    return {"TMPDIR": str(directory / "tmp"), "PYTHONPATH": str(directory / "alone")}
