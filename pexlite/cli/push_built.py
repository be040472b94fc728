"""`pexlite build … --push`: a build whose file is pushed, to the hosts that it was built for or to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pexlite.cli.options import option
from pexlite.cli.say import say

if TYPE_CHECKING:
    from pexlite.model import BuildResult
    from pexlite.ship.shipment import Failed, Pushed

# No project's table may choose where its file goes: this is an option of one run.
PUSH_TO = option(
    "--push",
    "pushed",
    many=True,
    # Alone it is the home on each host, where the file keeps its name.
    is_flag=False,
    flag_value="",
    metavar="[[USER@]HOST:]PATH",
    help="Push the file there, or without a HOST to PATH on each host of --for, alone to the home there "
    "(default: not; repeatable).",
)


def check_places(given: dict[str, Any]) -> None:
    """Raise UsageError where the places of --push are none, or no file is there to be pushed."""
    from pexlite.cli.words_first import arguments_behind
    from pexlite.ship.destination import destinations_on

    destinations_on(given["hosts"], given["pushed"], "app.pex")
    context = click.get_current_context()
    if arguments_behind(context) is not None:
        raise click.UsageError("-- runs what was built: leave out --push", context)


def push_built(result: BuildResult, given: dict[str, Any]) -> list[Pushed | Failed]:
    """Push a built file as `given`, and say how each push ended; of a dry run, say where it would go."""
    from pexlite.cli.push import push_file
    from pexlite.ship.destination import destinations_on
    from pexlite.ship.shipment import PushOptions

    to = destinations_on(given["hosts"], given["pushed"], result.path.name)
    told = not given["quiet"] and not given["as_json"]
    if result.written:
        return push_file(result.path, to, PushOptions(), told=told)
    if not given["quiet"]:
        say(*(f"would push it to {destination}" for destination in to), err=True)
    return []
