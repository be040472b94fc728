"""The state of a host, read from what its side of the program said; a stranger's text until it is checked here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pexlite.errors import HostError
from pexlite.ship.destination import Destination

_LARGEST = 1 << 48
_Said = TypeVar("_Said")
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Machine:
    """A machine and its Pythons."""

    platform: str
    """As in `Target.platform`."""
    pythons: tuple[str, ...]
    """Tags, as "cp311"; the one that answered comes first."""
    libc: tuple[str, tuple[int, ...] | None] | None
    macos: tuple[int, ...] | None = None


@dataclass(frozen=True)
class OldMember:
    """A member of a zip on a host, and the place of its bytes in the file there."""

    name: str
    offset: int
    held: int
    """The number of those bytes."""
    size: int
    crc: int
    stored: bool


@dataclass(frozen=True)
class OldWheel:
    """A wheel on a host, of another version than the new file has."""

    sha256: str
    source: int
    """The number of the file that it lies in."""
    offset: int
    members: tuple[OldMember, ...]


@dataclass(frozen=True)
class Arrived:
    """The first bytes of a file that an earlier push left."""

    size: int
    sha256: str


@dataclass(frozen=True)
class OldFile:
    """Files on a host that pexlite made, as one: where whole wheels, changed ones and other members lie."""

    wheels: Mapping[str, tuple[int, int]]
    """By sha256: the number of the file, and the offset in it."""
    changed: Mapping[str, OldWheel]
    """By the name of the project."""
    own: tuple[tuple[int, OldMember], ...]
    """Members that are no wheels, with the number of the file."""
    cached: frozenset[str] = frozenset()
    """The sha256 of wheels that lie unpacked in the cache."""
    count: int = 0
    """The number of files."""


NO_FILE = OldFile({}, {}, ())


@dataclass(frozen=True)
class HostState:
    """All that a plan depends on, apart from the new file."""

    machine: Machine
    old: OldFile = NO_FILE
    zlib: tuple[int, ...] = ()
    codecs: tuple[str, ...] = ()
    part: Arrived = Arrived(0, "")
    script: Arrived = Arrived(0, "")
    free: int = 0
    """Bytes of room on the file system."""


@dataclass(frozen=True)
class Room:
    """The room for one of several paths on a host."""

    device: int
    """The file system, by its number there."""
    free: int
    old: int
    """Bytes of the file that is replaced."""


def understood(destination: Destination, reader: Callable[[_Said], _Read], said: _Said) -> _Read:
    """The value that `reader` finds in what a host said. Raises HostError where it makes no sense."""
    try:
        return reader(said)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as problem:
        raise HostError(
            f"{destination.host} gave an answer that makes no sense", causes=[str(problem)[:200]]
        ) from problem


def machine_of(said: Mapping[str, Any]) -> Machine:
    """The machine that a host described. Raises KeyError, TypeError or ValueError where it is none."""
    libc, macos = said["libc"], said.get("macos")
    return Machine(
        platform=_line(said["platform"]),
        pythons=tuple(dict.fromkeys(map(_line, [said["python"], *said["pythons"]]))),
        libc=(_line(libc[0]), tuple(map(int, libc[1])) if libc[1] else None) if libc else None,
        macos=tuple(map(int, macos)) if macos else None,
    )


def state_of(said: Mapping[str, Any]) -> HostState:
    """The state that a host described. Raises KeyError, TypeError or ValueError where it is none."""
    return HostState(
        machine=machine_of(said),
        old=_old_file(said),
        zlib=tuple(map(int, said["zlib"])),
        codecs=tuple(map(_line, said["codecs"])),
        part=Arrived(_number(said["part"][0]), str(said["part"][1])),
        script=Arrived(_number(said["script"][0]), str(said["script"][1])),
        free=int(said["each"][str(said["first"])]["free"]),
    )


def room_of(said: Mapping[str, Any]) -> Room:
    """The room that a host described. Raises KeyError, TypeError or ValueError where it is none."""
    return Room(int(said["device"]), int(said["free"]), _number(said["old"]))


def _old_file(said: Mapping[str, Any]) -> OldFile:
    wheels: dict[str, tuple[int, int]] = {}
    changed: dict[str, OldWheel] = {}
    own = []
    for number, file in enumerate(said["files"]):
        for sha256, offset, _ in file["wheels"]:
            wheels.setdefault(str(sha256), (number, _number(offset)))
        own += [(number, _member(member)) for member in file["own"]]
        for wheel in file["changed"]:
            members = tuple(map(_member, wheel["members"]))
            old = OldWheel(str(wheel["sha256"]), number, _number(wheel["offset"]), members)
            changed.setdefault(str(wheel["project"]), old)
    return OldFile(wheels, changed, tuple(own), frozenset(map(str, said["cached"])), len(said["files"]))


def _member(said: Any) -> OldMember:
    name, offset, held, size, crc, stored = said
    offset, held, size, crc = map(_number, (offset, held, size, crc))
    return OldMember(str(name), offset, held, size, crc, bool(stored))


def warm_of(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """How it ended that a host had the file unpack itself; None where nobody asked for that."""
    warm = said.get("warm")
    return {"code": int(warm["code"]), "words": str(warm["words"])[:2000]} if warm else None


def _number(value: Any) -> int:
    number = int(value)
    if not 0 <= number < _LARGEST:
        raise ValueError(f"{number} is no size and no place")
    return number


def _line(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > 200:
        raise ValueError(f"{str(value)[:80]!r} is no name")
    return value
