"""One push: ask the host, and send what it lacks, unless the file is there. Read `push` from top to bottom."""

from __future__ import annotations

import os
from binascii import b2a_base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pexlite.errors import HostError
from pexlite.ship.command import octal
from pexlite.ship.connection import Connection, heard
from pexlite.ship.destination import Destination
from pexlite.ship.fits import check_fits
from pexlite.ship.refusals import refusal
from pexlite.ship.shipment import Failed, Pushed, Settle, Shipment, there_already
from pexlite.ship.state import machine_of, understood, warm_of
from pexlite.ship.travelling import rest

if TYPE_CHECKING:
    from pexlite.ship.new_file import NewFile

_PATIENCE = 0.25  # seconds in which a host near by has answered


def push(shipment: Shipment) -> Pushed:
    """Put a file on the host, unless it is there; return how. Raises HostError, and others for the file itself."""
    [result] = push_together(replace(shipment, others=()))
    if isinstance(result, Failed):
        raise result.error
    return result


def push_together(
    shipment: Shipment, ended: Callable[[Pushed | Failed], None] = lambda _: None
) -> list[Pushed | Failed]:
    """How the push to each place on a host ended, in order; `ended` is told of each at once.

    Raises PexliteError for the file itself.
    """
    found: dict[int, Pushed | Failed] = {}

    def settle(number: int, result: Pushed | Failed) -> None:
        found[number] = result
        ended(result)

    try:
        alone = _push(shipment, settle)
    except HostError as error:
        alone = ()
        for number, place in enumerate(shipment.places):
            if number not in found:
                settle(number, Failed(place, error))
    for number in alone:
        [result] = push_together(replace(shipment, destination=shipment.places[number], others=()))
        settle(number, result)
    return [found[number] for number in range(len(shipment.places))]


def _push(shipment: Shipment, settle: Settle) -> Collection[int]:
    """Push to all places by one connection; return the numbers of those that take one each. Raises HostError."""
    file, to = shipment.file, shipment.destination
    with shipment.connect(to) as opened:
        opened.say(_asked(shipment, opened.mark), for_shell(to, opened.mark))
        # What a host is told if it lacks the file takes longer to find than the host takes to say that it has it.
        is_told = not (file.is_noted and opened.has_answered(_PATIENCE))
        if is_told:
            opened.say(_details(file))
        said = heard(opened)
        if "sh" in said:
            from pexlite.ship.by_shell import send_whole  # few hosts have no Python

            if not is_told:
                opened.send([b"-\n"])
            settle(0, send_whole(shipment, opened, said["sh"]))
            return range(1, len(shipment.places))
        lacking = understood(to, lambda said: _told(shipment, opened, said, settle), said)
        if not lacking:
            return ()
        check_fits(file.manifest, understood(to, machine_of, said), to)
        if not is_told:
            opened.say(_details(file))
        # What plans takes longer to import than the host takes to say that it has the file.
        from pexlite.ship.sending import send_what_lacks

        return send_what_lacks(shipment, opened, said, lacking, settle)


def _told(shipment: Shipment, opened: Connection, said: Mapping[str, Any], settle: Settle) -> Collection[int]:
    """The numbers of the places that lack the file; others are settled, by what the host said of each."""
    each = said["each"]
    if len(each) != len(shipment.places):
        raise ValueError(f"{len(each)} answers")
    lacking = []
    for number, one in enumerate(each):
        if "refused" in one:
            settle(number, Failed(shipment.places[number], refusal(one, shipment.places[number])))
        elif one.get("same"):
            settle(number, there_already(shipment, opened, number, warm_of(one)))
        else:
            lacking.append(number)
    return lacking


def _asked(shipment: Shipment, mark: str) -> dict[str, Any]:
    """The question whether the file is there."""
    file, options = shipment.file, shipment.options
    return {
        "do": "look" if options.dry_run else "push",
        "mark": mark,
        "paths": [path_of(place) for place in shipment.places],
        "size": file.size,
        "sha256": file.sha256,
        "mode": file.mode,
        "keep": options.keep,
        "warm": options.warm,
    }


def _details(file: NewFile) -> dict[str, Any]:
    """All else that a host is told that lacks the file."""
    from pexlite.archive.runtime_files import LAYOUT
    from pexlite.ship.new_file import project_of

    wheels = file.manifest.wheels
    return {
        "program": rest(),
        "wheels": [[project_of(wheel.filename), wheel.sha256] for wheel in wheels],
        "places": [[wheel.sha256, wheel.offset, wheel.size] for wheel in wheels],
        "pex_root": file.manifest.facts.get("pex_root"),
        "layout": LAYOUT,
    }


def path_of(destination: Destination) -> str:
    """The path for the program on a host: its bytes, in base64."""
    return b2a_base64(os.fsencode(destination.path), newline=False).decode()


def for_shell(destination: Destination, mark: str) -> str:
    """The end of the question's line: the mark, and the path, for a host without a Python."""
    return f" {mark} {octal(os.fsencode(destination.path))}"
