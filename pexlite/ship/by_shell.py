"""A push to a host without a Python: the file is sent whole, by cat, sha256sum and mv."""

from __future__ import annotations

from dataclasses import dataclass

from pexlite.ship.state import Arrived, Machine

_SYSTEMS = {"Linux": "linux", "Darwin": "macosx"}
_MACHINES = {"i386": "i686", "i586": "i686", "armv8l": "armv7l"}
_REFUSALS = {"nowhere": "no directory", "directory": "directory", "other": "no file", "locked": "not writable"}


@dataclass(frozen=True)
class ShellState:
    """The state of a host, as its shell says it."""

    machine: Machine
    refused: str
    """Why it takes no file, as the program for Python would say it; "" where it does."""
    old: Arrived
    part: Arrived
    free: int


def shell_state(line: bytes) -> ShellState:
    """The state in the line that sh answers with. Raises ValueError.

    sh Linux x86_64 glibc 2.36 file 130000000 <sha256> 0 - 52428800
    """
    fields = line.decode("ascii").split()
    if len(fields) != 11 or fields[0] != "sh":
        raise ValueError(f"{line[:80]!r} is no answer")
    _, system, machine, libc, version, kind, size, sha256, part_size, part_sha256, kilobytes = fields
    name = f"{_SYSTEMS.get(system, system.lower())}_{_MACHINES.get(machine, machine)}"
    number = tuple(map(int, version.split(".")[:2])) if version != "-" else None
    return ShellState(
        machine=Machine(name, (), (libc, number) if system == "Linux" else None),
        refused=_REFUSALS.get(kind, ""),
        old=Arrived(int(size), sha256),
        part=Arrived(int(part_size), part_sha256),
        free=int(kilobytes) * 1024,
    )


def order(part: Arrived, sha256: str, mode: int, *, keep: bool) -> bytes:
    """The line that tells sh what to do."""
    return f"{part.size} {sha256} {mode:o} {int(keep)}\n".encode()
