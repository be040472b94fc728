"""The cache's protocol: whatever processes meet on a cache and whatever befalls them, a start finds its app whole.

`tests.programs.simulation` plays the schedules; a failing one is told by its seed, which shows it call by call.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.programs.simulation.cases import CASES

# In all, what two processors do in 45 seconds; a machine that is slow or busy tries fewer of them.
_SCHEDULES, _SECONDS = 500, 7


@pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="PyPy gives a simulated process no builtins of its own"
)
@pytest.mark.parametrize("case", [case.name for case in CASES])
def test_starts_find_their_app_whole(case: str) -> None:
    words = ["--case", case, "--schedules", str(_SCHEDULES), "--seconds", str(_SECONDS)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.programs.simulation", *words],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
