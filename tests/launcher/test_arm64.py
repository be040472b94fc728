"""The launcher for arm64, where another machine pretends to be one."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.launcher.files import PYTHON, Given, Member, archive_of, file_of, name_of

LONG = "lib/" + "n" * 150 + "/" + "m" * 120


def started(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    emulator = [] if platform.machine() == "aarch64" else [needs.program("qemu-aarch64-static")]
    given = {"PATH": "/usr/bin:/bin", "HOME": str(file.parent)}
    return subprocess.run([*emulator, "./app", *words], cwd=file.parent, env=given, capture_output=True, text=True)


def test_it_unpacks_the_python_once_and_becomes_it(tmp_path: Path) -> None:
    given = Given(
        archive_of([*PYTHON, Member(LONG, bytes(range(256)) * 2000), Member("bin/python3", link="python3.11")])
    )
    file_of(tmp_path / "app", given, "aarch64")
    home = tmp_path / ".pex/lite-2/interpreters" / name_of(given)
    for _ in range(2):
        done = started(tmp_path / "app", "a b")
        assert done.stdout.startswith(f"{home}/bin/python3.11|./app a b|"), done.stderr
    assert (home / LONG).read_bytes() == bytes(range(256)) * 2000
    assert (home / "bin/python3").readlink() == Path("python3.11")
    assert (home / "READY").stat().st_size == 85


@pytest.mark.parametrize(
    ("member", "words"),
    [(Member("../out", b"x"), "a name that leads out of it"), (Member("lib/big", bytes(1 << 20)), "more than it")],
)
def test_it_leaves_nothing_of_an_archive_that_is_not_ours(member: Member, words: str, tmp_path: Path) -> None:
    done = started(file_of(tmp_path / "app", Given(archive_of([*PYTHON, member])), "aarch64"))
    assert done.returncode == 1 and words in done.stderr
    assert list(tmp_path.glob(".pex/lite-2/interpreters/*")) == []
