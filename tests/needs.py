"""Things that tests take and not every machine has: found, or a test is skipped with a line of what to install."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pexlite.archive.frames import zstandard as packing_module
from pexlite.errors import UsageError
from pexlite.pipeline.packed import reads_zstandard
from tests.interpreters import Interpreter, interpreters

# The package of Debian that brings a program, where it is called otherwise.
_PACKAGES = {
    "qemu-aarch64-static": "qemu-user-static",
    "cc": "gcc",
    "java": "openjdk-17-jre-headless",
    "ps": "procps",
    "sshd": "openssh-server",
    "sftp-server": "openssh-sftp-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "scp": "openssh-client",
}


def program(name: str, *, more: str = "") -> str:
    """The path of the program `name`; `more` are directories to look in besides those on PATH."""
    found = shutil.which(name) or shutil.which(name, path=more)
    if found is None:
        pytest.skip(f"there is no {name} here: apt-get install {_PACKAGES.get(name, name)}")
    return found


def shell_of_its_own() -> None:
    """Skip the test where sh is one of busybox's many programs, which by another name is no shell."""
    if Path("/bin/sh").resolve().name == "busybox":
        pytest.skip("sh is busybox here: apt-get install dash")


def compiler_for_python() -> None:
    """Skip the test where this Python can have no extension module compiled."""
    program("cc")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        pytest.skip("there is no Python.h here: apt-get install python3-dev")


def wheel_of_pip(python: Interpreter) -> Path:
    """The wheel of pip that this Python's `ensurepip` has."""
    code = "import ensurepip, os; print(os.path.dirname(ensurepip.__file__))"
    done = subprocess.run([python.path, "-c", code], capture_output=True, text=True, check=False)
    found = sorted(Path(done.stdout.rstrip(), "_bundled").glob("pip-*.whl")) if done.returncode == 0 else []
    if not found:
        pytest.skip(f"{python.path} has no wheel of pip: apt-get install python3-venv")
    return found[-1]


def several_pythons(
    count: int = 2, fits: Callable[[Interpreter], bool] = lambda found: found.version >= (3, 6)
) -> list[Interpreter]:
    """Every Python here that `fits` takes, the newest first; there are at least `count`."""
    found = [interpreter for interpreter in interpreters() if fits(interpreter)]
    if len(found) < count:
        here = ", ".join(map(str, interpreters()))
        pytest.skip(f"takes {count} such Pythons, and here is {here}: put others on PATH (pyenv install 3.9 3.13)")
    return found


def zstandard() -> ModuleType:
    """The module that packs and unpacks zstandard, as the standard library has it from Python 3.14 on."""
    try:
        found: ModuleType = packing_module("a test")
    except UsageError as lacking:
        pytest.skip(f"{lacking.message}: {lacking.hint}")
    return found


def python_with_zstandard() -> Interpreter:
    """The newest CPython here that starts files of `--zstd`."""
    for found in interpreters():
        has = [str(found.path), "-c", "import compression.zstd"]
        if reads_zstandard(found.tag) and subprocess.run(has, capture_output=True, check=False).returncode == 0:
            return found
    pytest.skip("takes a CPython 3.14 or newer with compression.zstd: put one on PATH (uv python install 3.14)")


def sight_of_processes() -> None:
    """Skip the test where Pythons of this account cannot be looked into: then any of them may use an app."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            program = Path(os.fsdecode((place / "cmdline").read_bytes().partition(b"\0")[0])).name
            if program.startswith("python") and place.stat().st_uid == os.getuid():
                (place / "cwd").readlink()
        except PermissionError:
            pytest.skip(f"{place} is closed to its own account, as to one that has left the network: sudo")
        except OSError:
            continue  # it has ended


def old_pythons() -> list[object]:
    """The Pythons here that are too old to run a file, as parameters of a test."""
    found = [interpreter for interpreter in interpreters() if interpreter.version < (3, 6)]
    if found:
        return [pytest.param(interpreter, id=str(interpreter)) for interpreter in found]
    return [
        pytest.param(None, marks=pytest.mark.skip("no Python 2.7 or 3.5 on PATH (pyenv install 2.7)"), id="none")
    ]


def is_cpython(interpreter: Interpreter) -> bool:
    """Whether it is a CPython that can run a file by itself."""
    return interpreter.tag.startswith("cp") and interpreter.version >= (3, 6)


def the_call(name: str) -> None:
    """Skip the test where this Python has no `os.NAME`: PyPy 3.11 has no `copy_file_range`."""
    if not hasattr(os, name):
        pytest.skip(f"this {platform.python_implementation()} has no os.{name}: a CPython has it")


def audit_events(python: Interpreter) -> None:
    """Skip the test where `python` tells audit hooks little of what it does: PyPy of `open` and `exec` alone."""
    if not is_cpython(python) or python.version < (3, 8):
        pytest.skip(
            f"{python.words} tells audit hooks of no compiling and listing: put a CPython 3.8 or newer on PATH"
        )


def shown_processes() -> None:
    """Skip the test where processes do not show themselves."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes cannot be seen here without /proc: mount -t proc proc /proc")
