"""`pexlite who`: the files that carry a project."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pexlite.cli.help import VERBOSE, GroupedCommand
from pexlite.cli.say import say, write

if TYPE_CHECKING:
    from pexlite.tools.who import Found

_EXAMPLES = (
    ("pexlite who 'certifi<2026.1' ~/apps", "the files below ~/apps that carry an older certifi"),
    ("pexlite who numpy app.pex deploy@web:/srv deploy@db", "in a file, below /srv on web, and in a home on db"),
)
_SOME = 1
"""The exit code where a file carries it, as tools that look for faults have it."""


def who(requirement: str, places: tuple[str, ...], as_json: bool) -> None:
    """Name the files that carry a project, as 'certifi<2026.1'.

    They are looked for in a file, in a directory and all below it, or on a host as ssh takes it (its user's home,
    or HOST:DIR): files of pexlite, pex and shiv, zips, wheels. The exit code is 0 where none carries it, 1 where
    some do, and 7 where a host gave no answer.
    """
    from pexlite.tools.who import who as who_carries

    found = who_carries(requirement, places)
    for sentence in found.unread:
        say(f"note: {sentence}", err=True)
    if as_json:
        write(json.dumps(in_json(found), indent=2))
    else:
        for carrier in found.carriers:
            where = f"{carrier.host}:{carrier.path}" if carrier.host else carrier.path
            say(f"{where}  {', '.join(carrier.versions)}")
    if found.failures:
        first, *others = found.failures
        causes = [line for failure in others for line in (failure.message, *failure.causes)]
        raise type(first)(first.message, causes=[*first.causes, *causes], hint=first.hint)
    if found.carriers:
        click.get_current_context().exit(_SOME)


def in_json(found: Found) -> dict[str, object]:
    """The answer for programs."""
    return {
        "carriers": [asdict(carrier) for carrier in found.carriers],
        "unread": list(found.unread),
        "failures": [failure.message for failure in found.failures],
    }


WHO = GroupedCommand(
    "who",
    callback=who,
    help=who.__doc__,
    short_help="which files carry a project, here and on hosts",
    examples=_EXAMPLES,
    sections={
        "What is looked for": (
            click.Argument(["requirement"], metavar="REQUIREMENT"),
            click.Argument(["places"], nargs=-1, required=True, metavar="FILE|DIR|[USER@]HOST[:DIR]..."),
        ),
        "Output": (
            click.Option(["--json", "as_json"], is_flag=True, help="As JSON on stdout (default: in words)."),
            VERBOSE,
        ),
    },
)
