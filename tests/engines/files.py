"""Files for engines, built from the package index, and how often a node has unpacked one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.checkout import REPOSITORY, environment_with_pexlite

UNPACKING = " ms  unpacking "
"""A first start says so where PEX_VERBOSE is set."""


def environment_of(directory: Path) -> dict[str, str]:
    """A clean environment whose `pexlite` is this checkout's, and whose first Python is the tests' own.

    Its home is in `directory`, where Ray keeps a token.
    """
    home = directory / "home"
    home.mkdir()
    environment = environment_with_pexlite(directory)
    programs = os.pathsep.join([str(directory / "bin"), str(Path(sys.executable).resolve().parent)])
    return {**environment, "HOME": str(home), "PATH": f"{programs}{os.pathsep}{environment['PATH']}"}


def example(name: str, directory: Path) -> Path:
    """A copy of the example `name` in `directory`."""
    ignored = shutil.ignore_patterns("*.pex", "__pycache__")
    return Path(shutil.copytree(REPOSITORY / "examples" / name, directory / name, ignore=ignored))


def build(place: Path, environment: Mapping[str, str], *words: str) -> None:
    """Build a file in `place`, for the Python of these tests."""
    subprocess.run(
        ["pexlite", *words, "-q", "--python", sys.executable],
        cwd=place,
        env=dict(environment),
        check=True,
        timeout=600,
    )
