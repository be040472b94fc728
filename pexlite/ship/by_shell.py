"""A push to a host without a Python: the file is sent whole, by cat, sha256sum and mv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from pexlite.ship.connection import Connection
from pexlite.ship.delta import Delta, Rest
from pexlite.ship.fits import check_fits
from pexlite.ship.operations import Raw
from pexlite.ship.plan import Plan
from pexlite.ship.refusals import refusal
from pexlite.ship.sending import check_room, sent
from pexlite.ship.shipment import Pushed, Shipment, there_already
from pexlite.ship.state import Arrived, HostState, Machine, understood

_SYSTEMS = {"Linux": "linux", "Darwin": "macosx"}
_MACHINES = {"i386": "i686", "i586": "i686", "armv8l": "armv7l"}
_NOT_WARM = {"code": 69, "words": "that takes a Python there"}
_REFUSALS = {
    "nowhere": "no directory",
    "directory": "directory",
    "other": "no file",
    "locked": "not writable",
    "others": "of another",
    "foreign": "part of another",
}


@dataclass(frozen=True)
class ShellState:
    """The state of a host, as its shell says it."""

    machine: Machine
    refused: str
    """Why it takes no file, as the program for Python would say it; "" where it does."""
    old: Arrived
    part: Arrived
    free: int


def send_whole(shipment: Shipment, opened: Connection, line: bytes) -> Pushed:
    """Push the whole file to a host without a Python, whose shell answered with `line`. Raises HostError."""
    file, to, options = shipment.file, shipment.destination, shipment.options
    state = understood(to, shell_state, line)
    if state.refused:
        raise refusal({"refused": state.refused, "directory": str(PurePosixPath(to.path).parent)}, to)
    check_fits(file.manifest, state.machine, to)
    if (state.old.size, state.old.sha256) == (file.size, file.sha256):
        return there_already(shipment, opened)
    has_beginning = 0 < state.part.size < file.size and file.sha256_of(0, state.part.size) == state.part.sha256
    part = state.part if has_beginning else Arrived(0, "")
    whole = Plan((Raw(0, file.size),), (), (), (), tuple(wheel.filename for wheel in file.manifest.wheels))
    rest = Rest(Delta(whole, "", b""), 0, part.size, ((part.size, file.size - part.size),))
    check_room(shipment, HostState(state.machine, part=part, free=state.free), rest, to)
    if options.dry_run:
        return sent(shipment, opened, "would push", rest)
    file.check_wheels()
    opened.send([order(part, file.sha256, file.mode, keep=options.keep)])
    passed = 0
    for piece in rest.pieces(file):  # cat tells nothing of what has arrived
        opened.send([piece])
        passed += len(piece)
        shipment.watch(passed, rest.size)
    opened.close_stdin()
    said = opened.line().strip().decode("ascii", "replace")
    if said != "done":
        raise refusal({"refused": said}, to) if said else opened.ended()
    return sent(shipment, opened, "pushed", rest, warm=_NOT_WARM if options.warm else None)


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
