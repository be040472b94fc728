"""pex's complete platforms are targets: their tags stay as they are, and tell what is left out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.tags import Tag

from pexlite.errors import TargetError
from pexlite.model import Libc, Target
from pexlite.targets.interpreters import running_target
from pexlite.targets.probe import read_target
from pexlite.targets.surroundings import neighbours


def described(tags: list[str], **markers: str) -> dict[str, Any]:
    return {"path": "/usr/bin/python3", "compatible_tags": tags, "marker_environment": markers}


def target_of(said: object, directory: Path) -> Target:
    file = directory / "platform.json"
    file.write_text(json.dumps(said))
    return read_target(file)


LINUX = ["cp312-cp312-manylinux_2_36_x86_64", "cp312-cp312-manylinux2014_x86_64", "cp312-abi3-linux_x86_64"]


@pytest.mark.parametrize(
    ("tags", "python", "platform", "libc"),
    [
        (LINUX, "cp312", "linux_x86_64", Libc("glibc", (2, 36))),
        (LINUX[1:2], "cp312", "linux_x86_64", Libc("glibc", (2, 17))),
        (["cp37-cp37m-musllinux_1_2_aarch64"], "cp37", "linux_aarch64", Libc("musl", (1, 2))),
        (["cp313-cp313t-macosx_11_0_arm64", "py3-none-any"], "cp313t", "macosx_arm64", None),
        (["pp310-pypy310_pp73-manylinux_2_28_x86_64"], "pp310", "linux_x86_64", Libc("glibc", (2, 28))),
        (["cp311-cp311-win_amd64", "py3-none-any"], "cp311", "win_amd64", None),
    ],
)
def test_the_tags_tell_python_platform_and_c_library(
    tags: list[str], python: str, platform: str, libc: Libc | None, tmp_path: Path
) -> None:
    minor = python.removesuffix("t")[3:]
    found = target_of(described(tags, python_version=f"3.{minor}", python_full_version=f"3.{minor}.4"), tmp_path)
    assert (found.python, found.platform, found.libc) == (python, platform, libc)
    assert [str(tag) for tag in found.tags] == tags
    assert found.environment["python_full_version"] == f"3.{minor}.4"
    assert found.environment["sys_platform"] == {"l": "linux", "m": "darwin", "w": "win32"}[platform[0]]
    assert found.interpreter is None
    assert neighbours(found)


def test_marker_variables_that_are_given_win_and_a_version_without_patch_stands_for_all(tmp_path: Path) -> None:
    found = target_of(described(LINUX, python_version="3.12", platform_release="6.1"), tmp_path)
    assert found.environment["platform_release"] == "6.1"
    assert found.environment["python_full_version"] == "3.12.0"
    assert found.any_patch


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"compatible_tags": LINUX}, "it has no marker_environment; pex writes both"),
        ({"marker_environment": {"python_version": "3.12"}}, "it has no compatible_tags"),
        (described(["nonsense"], python_version="3.12"), "'nonsense', which is no tag"),
        (described(["cp312-cp312-linux_x86_64\n"], python_version="3.12"), "which is no tag"),
        (described(["py3-none-any"], python_version="3.12"), "names no CPython or PyPy"),
        (described(["cp27-cp27mu-linux_x86_64"], python_version="2.7"), "names no CPython or PyPy"),
        (described(["cp312-cp312-plan9_mips"], python_version="3.12"), "no platform that is known here"),
        (described(LINUX, python_version="3.11"), "python_version is 3.11, and its first tag is cp312"),
        (described(LINUX, python_version="3.12", os_name="posix\n-x"), "os_name is"),
        (described(LINUX, python_version="3.12", shell="sh"), "has not the markers of PEP 508"),
        ({"compatible_tags": "cp312", "marker_environment": {"python_version": "3.12"}}, "no list of tags"),
    ],
)
def test_what_is_no_complete_platform_is_told(said: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"platform\.json describes no target") as caught:
        target_of(said, tmp_path)
    assert words in caught.value.message


@pytest.mark.network
@pytest.mark.journey
def test_what_pex_itself_writes_is_the_target_of_its_python(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "uv", "tool", "run", "--from", "pex", "pex3", "interpreter", "inspect"]
    command += ["--markers", "--tags", "--python", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, here = target_of(json.loads(done.stdout), tmp_path), running_target()
    assert (found.python, found.platform, found.libc) == (here.python, here.platform, here.libc)
    assert set(found.tags) == set(here.tags)
    assert found.environment == here.environment
    assert Tag("py3", "none", "any") in found.tags
