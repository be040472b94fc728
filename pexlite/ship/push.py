"""One push: ask the host, and send what it lacks, unless the file is there. Read `push` from top to bottom."""

from __future__ import annotations

import base64
import os
from typing import Any

from pexlite.archive.runtime_files import LAYOUT
from pexlite.errors import HostError
from pexlite.ship.command import octal
from pexlite.ship.connection import connection, heard
from pexlite.ship.destination import Destination
from pexlite.ship.fits import check_fits
from pexlite.ship.new_file import project_of
from pexlite.ship.shipment import Pushed, Shipment, there_already
from pexlite.ship.state import machine_of, understood


def push(shipment: Shipment) -> Pushed:
    """Put a file on the host, unless it is there; return how. Raises HostError, and others for the file itself."""
    file, destination = shipment.file, shipment.destination
    with shipment.connect(destination) as opened:
        opened.say(_question(shipment, opened.mark), _for_shell(destination, opened.mark))
        said = heard(opened)
        if "sh" in said:
            from pexlite.ship.by_shell import send_whole  # few hosts have no Python

            return send_whole(shipment, opened, said["sh"])
        machine = understood(destination, machine_of, said)
        check_fits(file.manifest, machine, destination)
        if said.get("same"):
            return there_already(shipment, opened, said.get("warm"))
        # What plans takes longer to import than the host takes to say that it has the file.
        from pexlite.ship.sending import send_what_lacks

        return send_what_lacks(shipment, opened, said)


def roll_back(destination: Destination) -> Pushed:
    """Swap the file at the destination with the one that was kept there. Raises HostError."""
    with connection(destination) as opened:
        question = {"mark": opened.mark, "path": _path(destination), "do": "roll back", "size": -1, "sha256": ""}
        opened.say(question, _for_shell(destination, opened.mark))
        if "sh" in heard(opened):
            raise HostError(
                f"{destination.host} has no Python from 3.6 on, which a rollback takes",
                hint=f"by hand: ssh {destination.host} mv PATH.previous PATH",
            )
        return Pushed(destination, "rolled back", sent=opened.sent, received=opened.received)


def _question(shipment: Shipment, mark: str) -> dict[str, Any]:
    file, options = shipment.file, shipment.options
    wheels = file.manifest.wheels
    return {
        "do": "look" if options.dry_run else "push",
        "mark": mark,
        "path": _path(shipment.destination),
        "size": file.size,
        "sha256": file.sha256,
        "mode": file.mode,
        "keep": options.keep,
        "warm": options.warm,
        "wheels": [[project_of(wheel.filename), wheel.sha256] for wheel in wheels],
        "places": [[wheel.sha256, wheel.offset, wheel.size] for wheel in wheels],
        "pex_root": file.manifest.facts.get("pex_root"),
        "layout": LAYOUT,
    }


def _path(destination: Destination) -> str:
    return base64.b64encode(os.fsencode(destination.path)).decode()


def _for_shell(destination: Destination, mark: str) -> str:
    return f" {mark} {octal(os.fsencode(destination.path))}"
