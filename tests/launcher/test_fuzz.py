"""Archives and configurations with bytes changed at random: an error or a start, and nothing else."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from pexlite.launcher import launcher
from tests import needs
from tests.launcher.files import END, Given, archive_of, configuration, file_of, here
from tests.launcher.fuzz import options, seeds


def test_no_archive_makes_the_unpacking_leave_its_memory_or_its_directory(tmp_path: Path) -> None:
    here()
    program = tmp_path / "fuzz"
    command = [needs.program("cc"), *options("address,undefined"), "-o", str(program)]
    built = subprocess.run(command, capture_output=True, text=True)
    if "cannot find" in built.stderr:
        pytest.skip("this compiler has no sanitizers")
    assert built.returncode == 0, built.stderr
    done = subprocess.run([program, "1500", "1", *seeds(tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_configuration_makes_the_launcher_crash(tmp_path: Path) -> None:
    chance = random.Random(1)
    given = Given(archive_of(), sealed=("set GIVEN=1", "option -u", "python python3.99"))
    program = launcher(here())
    whole = configuration(given.lines(len(program) + 1000))
    for _ in range(60):
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(len(changed))] = chance.choice(b"\0\n %0aA/\xff")
        file = file_of(tmp_path / "app", given)
        file.write_bytes(program + changed + given.archive + END)
        done = subprocess.run([file], env={"HOME": str(tmp_path), "PATH": "/bin"}, capture_output=True)
        assert done.returncode in (0, 1), (done, bytes(changed))
