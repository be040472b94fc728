"""Real distributions in virtual environments give the wheels that the index has, and do the same in a file."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.model import BuildRequest, LaunchOptions
from pexlite.pipeline.build import build
from tests.bundles import environment, run
from tests.factories import write_files
from tests.installing import INSTALLERS

pytestmark = [pytest.mark.journey, pytest.mark.network]

PROJECTS = ("click", "requests", "markupsafe", "numpy", "ruff")
TRY = """\
import click, markupsafe._speedups, numpy, requests, shutil, subprocess
print(numpy.arange(4).sum(), markupsafe.escape("<"), requests.Request("GET", "http://x/").prepare().url)
print(subprocess.run([shutil.which("ruff"), "--version"], capture_output=True, text=True).stdout.split()[0])
"""


def installed(directory: Path, installer: str) -> Path:
    """An environment with PROJECTS, which pip or uv has taken from the index."""
    venv.create(directory, symlinks=True)
    commands = {
        "pip": ["pip", "--python", str(directory), "install"],
        "uv": ["uv", "pip", "install", "--python", str(directory)],
    }
    subprocess.run([sys.executable, "-m", *commands[installer], "-q", *PROJECTS], check=True)
    return directory


def content(wheel: Path) -> dict[str, bytes]:
    """Every file in `wheel` but RECORD."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith(("/", "/RECORD"))]
        return {name: archive.read(name) for name in names}


@pytest.mark.parametrize("installer", INSTALLERS)
def test_what_is_installed_ships_as_it_would_from_the_index(
    installer: str, bare_machine: None, tmp_path: Path
) -> None:
    write_files(tmp_path, {"job.py": TRY})
    place = installed(tmp_path / "a venv", installer)

    asked = BuildRequest(
        directory=tmp_path, requirements=(*PROJECTS, "./job.py"), launch=LaunchOptions(bin_path="prepend")
    )
    ours = build(replace(asked, output=Path("ours.pex"), venvs=(place,)))
    plain = build(replace(asked, output=Path("plain.pex")))
    assert [(one.name, one.version) for one in ours.wheels] == [(one.name, one.version) for one in plain.wheels]
    for own, other in zip(ours.wheels, plain.wheels, strict=True):
        assert content(own.path) == content(other.path), own.filename
    said = [run([one.path], environment(tmp_path / "root")) for one in (ours, plain)]
    assert said[0].stdout == said[1].stdout, said
    assert said[0].stdout.startswith("6 &lt; http://x/")
