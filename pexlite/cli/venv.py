"""`pexlite venv`: turn a built file into an ordinary venv, or an archive of one."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say

_EXAMPLES = (
    ("pexlite venv app.pex /app --compile", "for an image: /app needs neither the file nor a cache"),
    (
        "pexlite venv app.pex /app --scope deps",
        "a layer that changes rarely; --scope srcs adds your own code to it",
    ),
    ("pexlite venv env.pex env.tar.gz", "an archive for spark.archives, which works wherever it is unpacked"),
)


def venv(file: Path, place: Path, scope: str, compiled: bool, python: str | None, force: bool) -> None:
    """Make an ordinary venv of FILE at DIR, or an archive of one where it is named NAME.tar.gz."""
    from pexlite.tools.runtime_tools import make_venv

    make_venv(file, place, scope=scope, compiled=compiled, python=python, force=force)
    say(f"wrote {place}", err=True)


VENV = GroupedCommand(
    "venv",
    callback=venv,
    help=venv.__doc__,
    short_help="a file as an ordinary venv, or an archive of one",
    examples=_EXAMPLES,
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Argument(["place"], type=click.Path(path_type=Path), metavar="DIR|NAME.tar.gz"),
            click.Option(
                ["--scope"],
                type=click.Choice(["all", "deps", "srcs"]),
                default="all",
                help="All of it, what others wrote, or your own code (default: all).",
            ),
            click.Option(["--compile", "compiled"], is_flag=True, help="With bytecode (default: without)."),
            click.Option(
                ["--python"],
                metavar="PYTHON",
                help="The Python to make it for: a path, 3.12 or cp312 (default: this one, or one on PATH "
                "that the file runs on).",
            ),
            FORCE,
            VERBOSE,
        )
    },
)
