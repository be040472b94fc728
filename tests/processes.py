"""The processes of this machine, as /proc shows them; without it, as `ps` does."""

from __future__ import annotations

import subprocess
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
