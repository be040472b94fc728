"""A test tells what a program that hangs waits for."""

from __future__ import annotations

import subprocess
import sys

from tests.processes import descendants, end_with_descendants, what_they_wait_for

WAITS = """
import subprocess, sys, threading

def waits_forever():
    threading.Event().wait()

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("begun", flush=True)
waits_forever()
"""


def test_a_program_that_hangs_is_shown_with_what_it_began_and_all_of_it_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        below = descendants(process.pid)
        told = what_they_wait_for(process.pid)
        end_with_descendants(process.pid)
        assert process.stdout.read() == ""  # nobody holds the pipe any more
    assert process.returncode == -9
    assert [each.words.split()[-1] for each in below] == ["time.sleep(600)"]
    assert f"process {process.pid}\n" in told
    assert f"process {below[0].pid}\n" in told
    assert "waits_forever" in told or "ermission" in told  # where the kernel lets nobody look
