"""The rest of a push: what the host lacks is planned, checked for room, sent and carried out there.

Where it came out wrong, it is planned again.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pexlite.errors import HostError, PexliteError
from pexlite.ship.connection import Connection, heard
from pexlite.ship.delta import Rest, rest_of
from pexlite.ship.shipment import Pushed, Shipment
from pexlite.ship.state import Arrived, HostState, state_of, understood

_ATTEMPTS = 3


def send_what_lacks(shipment: Shipment, opened: Connection, said: Mapping[str, Any]) -> Pushed:
    """Send a host what it lacks by the state that it `said`; return how that ended. Raises HostError."""
    file, destination = shipment.file, shipment.destination
    state = understood(destination, state_of, said)
    distrusted: Sequence[str] = ()
    for _ in range(_ATTEMPTS):
        delta = shipment.planner(file, state, distrusted)
        rest = rest_of(delta, file, state.part, state.script)
        check_room(shipment, state, rest)
        if shipment.options.dry_run:
            return sent(shipment, opened, "would push", rest)
        said = _carried_out(shipment, opened, rest)
        if said.get("done"):
            return sent(shipment, opened, "pushed", rest, said.get("warm"))
        state = _without_arrived(state)
        distrusted = said.get("wheels") or [wheel.sha256 for wheel in file.manifest.wheels]
    raise HostError(
        f"{destination} does not come out as the file that was sent",
        causes=[str(said.get("misfit"))],
        hint=f"copy it: {shlex.join(['scp', str(file.path), str(destination)])}",
    )


def check_room(shipment: Shipment, state: HostState, rest: Rest) -> None:
    """Raise HostError where the new file has no room beside the old one."""
    file, host = shipment.file, shipment.destination.host
    needed = file.size - state.part.size + len(rest.delta.script) - state.script.size + (1 << 16)
    if needed > state.free:
        raise HostError(
            f"{host} has no room for {file.path.name} at {shipment.destination.path}",
            causes=[
                f"it needs {_megabytes(needed)} more, and {_megabytes(state.free)} are free:"
                f" {_megabytes(needed - state.free)} are missing"
            ],
            hint=f"look what takes it: ssh {host} df -h",
        )


def sent(
    shipment: Shipment, opened: Connection, state: str, rest: Rest, warm: Mapping[str, Any] | None = None
) -> Pushed:
    """The end of a push for which `rest` was to be sent."""
    return Pushed(
        destination=shipment.destination,
        state=state,
        size=shipment.file.size,
        delta=rest.delta,
        planned=rest.size,
        sent=opened.sent,
        received=opened.received,
        resumed=rest.start + rest.script_kept,
        warm=warm,
    )


def _carried_out(shipment: Shipment, opened: Connection, rest: Rest) -> dict[str, Any]:
    """The host's word after it was sent what it lacks."""
    opened.say(
        {
            "codec": rest.delta.codec,
            "sources": list(rest.delta.plan.sources),
            "script_kept": rest.script_kept,
            "script_size": len(rest.delta.script),
            "start": rest.start,
            "raw": rest.raw_size,
        }
    )
    shipment.watch(0, rest.size)
    # Much fits between here and there, and ssh takes it at once: the host says what has arrived while it is sent.
    sender = _Sender(shipment, opened, rest)
    sender.start()
    try:
        while "arrived" in (said := heard(opened)):
            shipment.watch(min(int(said["arrived"]), rest.size), rest.size)
    except BaseException:
        opened.process.terminate()  # else the sender could wait for a host that hears no more
        sender.join()
        if sender.problem:
            raise sender.problem from None
        raise
    sender.join()
    shipment.watch(rest.size, rest.size)
    return said


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
