"""The rest of a push: what the host lacks is planned, checked for room, sent, and put together there.

Where it came out wrong, it is planned again.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pexlite.errors import HostError, PexliteError
from pexlite.ship.connection import Connection, heard
from pexlite.ship.delta import Rest, rest_of
from pexlite.ship.destination import Destination
from pexlite.ship.refusals import refusal
from pexlite.ship.shipment import Failed, Pushed, Settle, Shipment
from pexlite.ship.state import Arrived, HostState, Room, room_of, state_of, understood, warm_of

_ATTEMPTS = 3


def send_what_lacks(
    shipment: Shipment, opened: Connection, machine: Mapping[str, Any], lacking: Collection[int], settle: Settle
) -> Collection[int]:
    """Send a host, which said what `machine` it is, what it lacks for the places of the numbers in `lacking`.

    Returns the numbers of those to be tried alone. Raises HostError.
    """
    file = shipment.file
    said = {**machine, **heard(opened)}
    rooms = understood(shipment.destination, lambda said: _rooms(shipment, said, lacking, settle), said)
    if not rooms:
        return ()
    first = understood(shipment.destination, lambda said: _one_of(rooms, said["first"]), said)
    to = shipment.places[first]
    state = understood(to, state_of, said)
    distrusted: Sequence[str] = ()
    misfit: Mapping[str, Any] | None = {}
    for _ in range(_ATTEMPTS):
        delta = shipment.planner(file, state, distrusted)
        rest = rest_of(delta, file, state.part, state.script)
        try:
            check_room(shipment, state, rest, to)
        except HostError as error:
            settle(first, Failed(to, error))
            return rooms.keys() - {first}
        without_room = _check_rooms(shipment, rooms, first)
        for number, lack in without_room.items():
            settle(number, Failed(shipment.places[number], lack))
            del rooms[number]
        if shipment.options.dry_run:
            return _would_push(shipment, opened, rest, (first, *sorted(rooms.keys() - {first})), settle)
        misfit = _Conversation(shipment, opened, rest, first, set(rooms), settle).carry_out(without_room)
        if misfit is None:
            return ()
        state = _without_arrived(state)
        distrusted = understood(to, lambda said: [str(one) for one in said.get("wheels") or ()], misfit)
        distrusted = distrusted or [wheel.sha256 for wheel in file.manifest.wheels]
    raise HostError(
        f"{to} does not come out as the file that was sent",
        causes=[str(misfit.get("misfit"))[:200]] if misfit else [],
        hint=f"copy it: {shlex.join(['scp', str(file.path), str(to)])}",
    )


def _rooms(
    shipment: Shipment, said: Mapping[str, Any], lacking: Collection[int], settle: Settle
) -> dict[int, Room]:
    """The room for each place that takes the file; the others are settled."""
    found = {}
    for number in lacking:
        one = said["each"][str(number)]
        if "refused" in one:
            settle(number, Failed(shipment.places[number], refusal(one, shipment.places[number])))
        else:
            found[number] = room_of(one)
    return found


def _one_of(numbers: Collection[int], said: Any) -> int:
    if not isinstance(said, int) or said not in numbers:
        raise ValueError(f"{str(said)[:80]} is no place")
    return said


def _check_rooms(shipment: Shipment, rooms: Mapping[int, Room], first: int) -> dict[int, HostError]:
    """The errors for the places, beside the first, that have no room for a copy."""
    found = {}
    taken: dict[int, int] = {}
    for number, room in sorted(rooms.items(), key=lambda one: one[0] != first):
        before = taken.get(room.device, 0)
        if number != first and before + shipment.file.size + (1 << 16) > room.free:
            found[number] = _no_room(shipment, shipment.places[number], before + shipment.file.size, room.free)
            continue
        kept = 0 if shipment.options.keep else room.old
        taken[room.device] = before + max(0, shipment.file.size - kept)
    return found


def check_room(shipment: Shipment, state: HostState, rest: Rest, to: Destination) -> None:
    """Raise HostError where the new file has no room beside the old one."""
    needed = shipment.file.size - state.part.size + len(rest.delta.script) - state.script.size + (1 << 16)
    if needed > state.free:
        raise _no_room(shipment, to, needed, state.free)


def _no_room(shipment: Shipment, to: Destination, needed: int, free: int) -> HostError:
    return HostError(
        f"{to.host} has no room for {shipment.file.path.name} at {to.path}",
        causes=[
            f"it needs {_megabytes(needed)} more, and {_megabytes(free)} are free:"
            f" {_megabytes(needed - free)} are missing"
        ],
        hint=f"look what takes it: ssh {to.host} df -h",
    )


def sent(
    shipment: Shipment,
    opened: Connection,
    state: str,
    rest: Rest,
    number: int = 0,
    warm: Mapping[str, Any] | None = None,
) -> Pushed:
    """The end of a push for which `rest` was to be sent."""
    passed, received = opened.passed()
    return Pushed(
        destination=shipment.places[number],
        state=state,
        size=shipment.file.size,
        delta=rest.delta,
        planned=rest.size,
        sent=passed,
        received=received,
        resumed=rest.start + rest.script_kept,
        warm=warm,
    )


def _copied(
    shipment: Shipment,
    opened: Connection,
    state: str,
    rest: Rest,
    numbers: tuple[int, int],
    warm: Mapping[str, Any] | None = None,
) -> Pushed:
    """The end of a push to the second of two places, which gets a copy of what is made at the first."""
    first, number = numbers
    made = sent(shipment, opened, state, rest, number, warm)
    return replace(made, planned=0, resumed=0, copied=shipment.places[first].path)


def _would_push(
    shipment: Shipment, opened: Connection, rest: Rest, numbers: Sequence[int], settle: Settle
) -> Collection[int]:
    first, *others = numbers
    settle(first, sent(shipment, opened, "would push", rest, first))
    for number in others:
        settle(number, _copied(shipment, opened, "would push", rest, (first, number)))
    return ()


@dataclass(frozen=True)
class _Conversation:
    """The talk with a host that was sent what it lacks, while it makes the file and copies it."""

    shipment: Shipment
    opened: Connection
    rest: Rest
    first: int
    waiting: set[int]
    """The numbers of the places of which the host has said nothing yet."""
    settle: Settle

    def carry_out(self, without_room: Collection[int]) -> Mapping[str, Any] | None:
        """The misfit that the host tells of; None once all places are settled. Raises HostError."""
        shipment, opened, rest = self.shipment, self.opened, self.rest
        opened.say(
            {
                "codec": rest.delta.codec,
                "sources": list(rest.delta.plan.sources),
                "script_kept": rest.script_kept,
                "script_size": len(rest.delta.script),
                "start": rest.start,
                "raw": rest.raw_size,
                "but": sorted(without_room),
            }
        )
        shipment.watch(0, rest.size)
        # Much fits between here and there, and ssh takes it at once: the host says what has arrived meanwhile.
        sender = _Sender(shipment, opened, rest)
        sender.start()
        try:
            said = self._heard_of_the_first()
        except BaseException:
            opened.process.terminate()  # else the sender could wait for a host that hears no more
            sender.join()
            if sender.problem:
                raise sender.problem from None
            raise
        sender.join()
        shipment.watch(rest.size, rest.size)
        if "misfit" in said:
            return said
        self._take(said)
        while self.waiting:
            self._take(opened.hear())
        return None

    def _heard_of_the_first(self) -> dict[str, Any]:
        """The host's word on the file, after those on what has arrived."""
        last = -1
        while "arrived" in (said := heard(self.opened)):
            arrived = understood(self.shipment.destination, lambda said: int(said["arrived"]), said)
            if arrived <= last:
                raise HostError(f"{self.shipment.destination.host} says the same over and over")
            last = arrived
            self.shipment.watch(max(0, min(arrived, self.rest.size)), self.rest.size)
        return said

    def _take(self, said: Mapping[str, Any]) -> None:
        """Settle the place that the host speaks of."""
        to = self.shipment.destination
        number = understood(to, lambda said: _one_of(self.waiting, said["at"]), said)
        self.waiting.remove(number)
        if "refused" in said:
            place = self.shipment.places[number]
            self.settle(number, Failed(place, refusal(said, place)))
            return
        if not said.get("done") or (self.first in self.waiting):
            raise HostError(f"{to.host} gave an answer that makes no sense", causes=[str(dict(said))[:200]])
        warm = understood(to, warm_of, said)
        if number == self.first:
            result = sent(self.shipment, self.opened, "pushed", self.rest, number, warm)
        else:
            result = _copied(self.shipment, self.opened, "pushed", self.rest, (self.first, number), warm)
        self.settle(number, result)


class _Sender(threading.Thread):
    """Sends the bytes of `rest`; ends the host's input where they cannot be read here."""

    def __init__(self, shipment: Shipment, opened: Connection, rest: Rest) -> None:
        super().__init__(daemon=True)
        self._shipment, self._opened, self._rest = shipment, opened, rest
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            self._opened.send(self._rest.pieces(self._shipment.file))
        except (PexliteError, OSError) as problem:
            self.problem = problem
            self._opened.close_stdin()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _without_arrived(state: HostState) -> HostState:
    """`state` after an attempt whose outcome was wrong: nothing that arrived is trusted."""
    return replace(state, part=Arrived(0, ""), script=Arrived(0, ""))
