"""The processes of this machine, as /proc shows them; without it, as `ps` does."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process that exists; a zombie has ended, and nobody has asked how."""

    pid: int
    parent: int
    session: int
    is_zombie: bool
    words: str


def listed() -> Iterator[Process]:
    """Every process that this user may see."""
    if Path("/proc/self/stat").exists():
        return _from_proc()
    return _from_ps()


def children(parent: int) -> set[int]:
    """The processes that `parent` has begun and not waited for."""
    return {process.pid for process in listed() if process.parent == parent}


def descendants(parent: int) -> list[Process]:
    """The processes that `parent` and those below it have begun and not waited for, parents first."""
    below: dict[int, list[Process]] = {}
    for process in listed():
        below.setdefault(process.parent, []).append(process)
    found = list(below.get(parent, ()))
    for process in found:  # grows while it is gone through
        found += below.get(process.pid, ())
    return found


def end_with_descendants(pid: int) -> None:
    """Kill `pid`, a child of this process, and everything below it that has not left its parent."""
    for each in (pid, *(process.pid for process in descendants(pid))):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def what_they_wait_for(pid: int) -> str:
    """The states, waits in the kernel and stacks of Python of a hanging `pid` and of those below it."""
    told = []
    for each in (pid, *(process.pid for process in descendants(pid))):
        place = Path("/proc", str(each))
        told.append(f"process {each}")
        for name in ("cmdline", "stat", "wchan"):
            with contextlib.suppress(OSError):
                told.append(f"  {name}: {(place / name).read_text(errors='replace')!r}")
        told.append(_stacks(each))
    return "\n".join(told)


def _stacks(pid: int) -> str:
    """The stacks of the threads of a Python, where py-spy is installed and may look."""
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if program is None:
        return "  no py-spy is installed"
    command = [program, "dump", "--nonblocking", "--pid", str(pid)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return "  py-spy did not end"
    return done.stdout + done.stderr


def members(session: int) -> list[str]:
    """The command lines of the processes of `session` that have not ended."""
    return [process.words for process in listed() if process.session == session and not process.is_zombie]


def _from_proc() -> Iterator[Process]:
    for place in Path("/proc").glob("[0-9]*"):
        try:
            # "1234 (a name) S 1 …": the name may hold anything.
            name, _, facts = (place / "stat").read_text(errors="replace").rpartition(") ")
            words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        state, parent, _, session, *_ = facts.split()
        yield Process(int(place.name), int(parent), int(session), state in "ZX", words or name)


def _from_ps() -> Iterator[Process]:
    asked = subprocess.Popen(["ps", "-A", "-o", "pid=,ppid=,sess=,stat=,args="], stdout=subprocess.PIPE, text=True)
    told, _ = asked.communicate()
    for line in told.splitlines():
        pid, parent, session, state, *words = line.split(None, 4)
        if int(pid) != asked.pid:
            yield Process(
                int(pid), int(parent), int(session) if session.isdigit() else 0, "Z" in state, "".join(words)
            )
