"""`pexlite extract`: take the wheels out of a built file."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say
from pexlite.cli.words import count_in_words


def extract(file: Path, directory: Path, force: bool) -> None:
    """Put the wheels in FILE into DIR, each as it was on the index, and the Pythons of its own as archives."""
    from pexlite.tools.extract import extract_wheels

    written = extract_wheels(file, directory, force=force)
    wheels = sum(path.suffix == ".whl" for path in written)
    pythons = len(written) - wheels
    more = f" and {count_in_words(pythons, 'Python')}" if pythons else ""
    say(f"wrote {count_in_words(wheels, 'wheel')}{more} to {directory}", err=True)


EXTRACT = GroupedCommand(
    "extract",
    callback=extract,
    help=extract.__doc__,
    short_help="the wheels out of a file",
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Argument(["directory"], type=click.Path(path_type=Path), metavar="DIR"),
            FORCE,
            VERBOSE,
        )
    },
)
