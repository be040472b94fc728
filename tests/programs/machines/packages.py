"""This checkout and pure wheels: a Python of a machine takes them to build files and to run the tests."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zlib
from collections.abc import Mapping
from pathlib import Path

from tests.checkout import REPOSITORY, copy_checkout
from tests.programs.machines.inside import HOME
from tests.programs.machines.visit import NotAsExpectedError, NotHereError, Visit, last_words

_OLDEST = (3, 11)  # that pexlite itself runs on
CHECKOUT, PACKAGES = "/srv/checkout", "/srv/packages"
_TESTS = ("hypothesis", "pytest", "pytest-xdist")


def shown_packages(directory: Path) -> Mapping[str, Path]:
    """The directories to show inside: a clean copy of this checkout, and what it and its tests need."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *_TESTS]
    # Kept for as long as the same is wanted: a dependency that is new has them fetched anew.
    packages = directory / f"packages-{zlib.crc32(' '.join(wanted).encode()):08x}"
    checkout = directory / "checkout"
    if not packages.exists():
        any_python = ["--python-version", "3.11", "--implementation", "py", "--abi", "none", "--platform", "any"]
        command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(packages), *any_python]
        command += ["--only-binary", ":all:", *wanted]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    if not checkout.exists():
        checkout.mkdir()
        copy_checkout(checkout)
    return {PACKAGES: packages, CHECKOUT: checkout}


def python_that_builds(visit: Visit) -> str:
    """The same as `python_with_pexlite`, where builds are possible. Raises NotHereError."""
    if visit.inside.run([visit.python.program, "-c", "import ssl"]).code:
        raise NotHereError("pexlite itself, which builds, takes ssl, and this Python was compiled without it")
    return python_with_pexlite(visit)


def python_with_pexlite(visit: Visit) -> str:
    """The Python of a venv inside that can import pexlite, pip and pytest, but perhaps has no ssl.

    Raises NotHereError where the machine's Python is too old for pexlite itself.
    """
    if visit.python.version < _OLDEST:
        raise NotHereError("pexlite itself, which builds and which the tests import, takes Python 3.11")
    name = "with-pexlite"
    if not (visit.home / name).exists():
        made = visit.inside.run([visit.python.program, "-m", "venv", "--without-pip", f"{HOME}/{name}"])
        if made.code:
            raise NotAsExpectedError(f"venv: {last_words(made)}")
        [site_packages] = (visit.home / name).glob("lib/*/site-packages")
        (site_packages / "checkout.pth").write_text(f"{CHECKOUT}\n{PACKAGES}\n")
    return f"{HOME}/{name}/bin/python"
