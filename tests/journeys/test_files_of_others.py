"""Files that pex and shiv make are looked into and compared with ours: the same wheels are the same wheels."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.contents.values import Maker
from pexlite.tools.bill import bill_of_file
from pexlite.tools.compare import compare

pytestmark = [pytest.mark.journey, pytest.mark.network]

_ASKED = ["click==8.1.7", "six==1.16.0"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of the same requirements: ours, pex's with its wheels unpacked and whole, and shiv's."""
    place = tmp_path_factory.mktemp("others")
    venv.create(place / "venv", symlinks=True)
    install = [sys.executable, "-m", "pip", "--python", str(place / "venv"), "install", "-q", "pex", "shiv", "pip"]
    subprocess.run(install, check=True, capture_output=True)
    bin_ = place / "venv" / "bin"
    made = {name: place / name for name in ("ours.pex", "unpacked.pex", "whole.pex", "theirs.pyz")}
    whole = ["--no-pre-install-wheels"]
    commands: list[list[str | Path]] = [
        [bin_ / "pex", *_ASKED, "-o", made["unpacked.pex"]],
        [bin_ / "pex", *_ASKED, *whole, "-o", made["whole.pex"]],
        [bin_ / "shiv", *_ASKED, "-o", made["theirs.pyz"]],
    ]
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    assert run(["build", *_ASKED, "-o", str(made["ours.pex"]), "-q"]) == 0
    return made


@pytest.mark.parametrize(
    ("name", "maker"), [("unpacked.pex", Maker.PEX), ("whole.pex", Maker.PEX), ("theirs.pyz", Maker.SHIV)]
)
def test_their_wheels_are_ours(files: dict[str, Path], name: str, maker: Maker) -> None:
    found = compare(files[name], files["ours.pex"])
    assert found.old.maker is maker
    assert [f"{wheel.name}=={wheel.version}" for wheel in found.old.wheels] == _ASKED
    assert not [one for one in found.wheels if one.means_something]


def test_whole_wheels_have_the_digests_of_an_index(files: dict[str, Path]) -> None:
    found = compare(files["whole.pex"], files["ours.pex"])
    assert [wheel.served_sha256 for wheel in found.old.wheels] == [wheel.sha256 for wheel in found.new.wheels]
    components = json.loads(bill_of_file(files["whole.pex"]))["components"]
    assert [one["name"] for one in components if one.get("hashes")] == ["click", "six"]
