"""The file that a push has kept, put back: on each host, by one connection, at all places named there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pexlite.errors import HostError, PexliteError
from pexlite.parallel import Stop, run_all
from pexlite.ship.connection import Connection, connection, heard
from pexlite.ship.destination import Destination
from pexlite.ship.push import for_shell, path_of
from pexlite.ship.refusals import refusal
from pexlite.ship.shipment import Failed, Pushed
from pexlite.ship.state import understood
from pexlite.ship.travelling import rest


def roll_back_all(hosts: Sequence[Sequence[Destination]], *, jobs: int) -> list[Pushed | Failed]:
    """How each rollback ended, host by host, of which so many are worked at at once."""
    work = [lambda places=places: roll_back(places) for places in hosts]
    found: list[Pushed | Failed] = []
    for places, results in zip(hosts, run_all(work, workers=jobs, stop=Stop()), strict=True):
        found += [Failed(to, results) for to in places] if isinstance(results, PexliteError) else results
    return found


def roll_back(places: Sequence[Destination]) -> list[Pushed | Failed]:
    """Swap the file at each place of a host with the one that was kept there; return how that ended, in order."""
    found: dict[int, Pushed | Failed] = {}
    try:
        with connection(places[0]) as opened:
            _roll_back(places, opened, found.__setitem__)
    except HostError as error:
        return [found.get(number) or Failed(to, error) for number, to in enumerate(places)]
    return [found[number] for number in range(len(places))]


def _roll_back(
    places: Sequence[Destination], opened: Connection, settle: Callable[[int, Pushed | Failed], None]
) -> None:
    to = places[0]
    asked = {"mark": opened.mark, "paths": [path_of(place) for place in places], "do": "roll back"}
    opened.say(asked, for_shell(to, opened.mark))
    opened.say({"program": rest()})
    if "sh" in (said := heard(opened)):
        raise HostError(
            f"{to.host} has no Python from 3.6 on, which a rollback takes",
            hint=f"by hand: ssh {to.host} mv PATH.previous PATH",
        )
    looked_at = understood(to, lambda said: list(map(dict, said["each"])), said)
    for number, (place, one) in enumerate(zip(places, looked_at, strict=False)):
        said = one if "refused" in one else opened.hear()
        if "refused" in said:
            settle(number, Failed(place, refusal(said, place)))
        else:
            sent, received = opened.passed()
            settle(number, Pushed(place, "rolled back", sent=sent, received=received))
    if len(looked_at) != len(places):
        raise HostError(f"{to.host} gave an answer that makes no sense", causes=[f"{len(looked_at)} answers"])
