"""Instructions that a command takes in user space, with its children and all programs that it becomes.

A busy machine changes them little, unlike seconds.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.programs.bench.timing import Contender, run

Counter = Callable[[Contender], int]
"""The instructions of one run of a contender, its output checked. Raises WrongOutputError."""


def counter() -> Counter | None:
    """A counter of instructions: perf where the machine's counters can be read, else valgrind, else None."""
    if shutil.which("perf") and _perf_counts():
        return _by_perf
    return _by_valgrind if shutil.which("valgrind") else None


def _perf_counts() -> bool:
    """Whether the machine lets perf count; in most virtual machines it does not, which ends with exit code 0."""
    command = ["perf", "stat", "-x,", "-e", "instructions:u", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return _of_perf(done.stderr) is not None


def _by_perf(contender: Contender) -> int:
    with tempfile.TemporaryDirectory() as place:
        output = Path(place, "counts")
        words = (_program("perf"), "stat", "-x,", "-e", "instructions:u", "-o", str(output), "--")
        run(replace(contender, command=(*words, *contender.command)))
        found = _of_perf(output.read_text())
    if found is None:
        raise RuntimeError("perf has counted nothing")
    return found


def _of_perf(counts: str) -> int | None:
    """The number in perf's line, None where it was not counted.

    30512345,,instructions:u,20123456,100.00,,
    <not supported>,,instructions:u,0,100.00,,
    """
    found = re.search(r"^(\d+),[^,]*,instructions", counts, re.MULTILINE)
    return int(found[1]) if found else None


def _by_valgrind(contender: Contender) -> int:
    """By callgrind: as a process becomes another program, valgrind's other tools forget what they had counted.

    Each process writes a file, and one more before it becomes another program. A third program would write over
    the first one's: of a header in sh that starts Python, which starts Python, the shell's own are not counted.
    """
    with tempfile.TemporaryDirectory() as place:
        words = [_program("valgrind"), "-q", "--tool=callgrind", "--trace-children=yes", "--dump-before=execve*"]
        words.append(f"--callgrind-out-file={place}/%p")
        run(replace(contender, command=(*words, *contender.command)))
        return sum(_of_callgrind(path.read_text()) for path in Path(place).iterdir())


def _of_callgrind(written: str) -> int:
    """The sum at the end of a file: `totals: 27638568`."""
    found = re.search(r"^totals: (\d+)$", written, re.MULTILINE)
    return int(found[1]) if found else 0


def _program(name: str) -> str:
    """Its absolute path, since a contender's PATH need not have it."""
    found = shutil.which(name)
    assert found is not None
    return found
