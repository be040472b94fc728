"""`pexlite venv`: turn a built file into an ordinary venv, an archive of one, or a plain directory of packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pexlite.cli.help import VERBOSE, GroupedCommand
from pexlite.cli.say import say
from pexlite.cli.words import size_in_words
from pexlite.errors import UsageError
from pexlite.listed import listed

_EXAMPLES = (
    ("pexlite venv app.pex /app --compile", "for an image: /app needs neither the file nor a cache"),
    (
        "pexlite venv app.pex /app --scope deps",
        "a layer that changes rarely; --scope srcs adds your own code to it",
    ),
    ("pexlite venv env.pex env.tar.gz", "an archive for spark.archives, which works wherever it is unpacked"),
    ("pexlite venv app.pex lambda.zip --flat", "packages without a venv, for AWS Lambda"),
)
# AWS Lambda's limits for a deployment package, in MiB: unpacked, and as a zip that is sent to it directly.
_UNPACKED, _SENT = 250, 50


def venv(file: Path, place: Path, flat: bool, **given: Any) -> None:
    """Make an ordinary venv of FILE at DIR, or an archive of one where it is named NAME.tar.gz.

    With --flat, write its packages into a plain directory, or a zip where it is named NAME.zip.
    """
    from pexlite.tools.runtime_tools import VenvOptions, make_venv

    if flat:
        _write_flat(file, place, given)
        return
    if place.suffix == ".zip":
        raise UsageError(
            f"{place} would be a directory", hint="name it NAME.tar.gz, or take --flat for a zip of packages"
        )
    make_venv(file, place, VenvOptions(**given))
    say(f"wrote {place}", err=True)


def _write_flat(file: Path, place: Path, given: dict[str, Any]) -> None:
    from pexlite.tools.flat import make_flat

    taken = {name: given.pop(name) for name in ("scope", "python", "force")}
    idle = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if idle:
        raise UsageError(f"--flat makes no venv, so {listed(idle)} would do nothing", hint="leave out one of them")
    if place.name.endswith((".tar.gz", ".tgz")):
        raise UsageError(f"{place} would be a directory", hint="with --flat, name a directory or NAME.zip")
    made = make_flat(file, place, **taken)
    size = f"{size_in_words(made.unpacked)} unpacked"
    say(f"wrote {place}  {f'{size_in_words(made.packed)}, ' if made.packed else ''}{size}", err=True)
    if made.idle:
        say(f"note: {listed(made.idle)} acts in site-packages only, not in a plain directory", err=True)
    takes = f"AWS Lambda takes {_UNPACKED} MiB unpacked, and {_SENT} MiB as a zip that is sent to it directly"
    is_over = made.unpacked > _UNPACKED << 20 or (made.packed or 0) > _SENT << 20
    say(f"note: {'this is too large: ' if is_over else ''}{takes}", err=True)


VENV = GroupedCommand(
    "venv",
    callback=venv,
    help=venv.__doc__,
    short_help="a file as an ordinary venv, an archive of one, or plain packages",
    examples=_EXAMPLES,
    sections={
        "What goes in": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Option(
                ["--scope"],
                type=click.Choice(["all", "deps", "srcs"]),
                default="all",
                help="All of it, what others wrote, or your own code (default: all).",
            ),
            click.Option(
                ["--pip"], is_flag=True, help="With pip: the file's, or that of the Python (default: without)."
            ),
            click.Option(["--compile"], is_flag=True, help="With bytecode (default: without)."),
        ),
        "Where it runs": (
            click.Option(
                ["--python"],
                metavar="PYTHON",
                help="The Python to make it for: a path, python3.12 or 3.12 (default: the one in the file; else "
                "this one, or one on PATH that the file runs on).",
            ),
            click.Option(
                ["--copies"],
                is_flag=True,
                help="Copy the program of the Python as well (default: a link to it; packages are always copies).",
            ),
            click.Option(
                ["--system-site-packages"],
                is_flag=True,
                help="Let the packages of that Python in, behind the file's (default: keep them out).",
            ),
        ),
        "How it starts": (
            click.Option(
                ["--bin-path"],
                type=click.Choice(["off", "prepend", "append"]),
                help="Where DIR/pex, which starts what FILE does, puts DIR/bin on PATH (default: as FILE does).",
            ),
            click.Option(
                ["--prompt"],
                metavar="TEXT",
                help="The prompt while the venv is active (default: the name of the file).",
            ),
        ),
        "Output": (
            click.Argument(["place"], type=click.Path(path_type=Path), metavar="DIR|NAME.tar.gz|NAME.zip"),
            click.Option(
                ["--flat"],
                is_flag=True,
                help="No venv but a plain directory of packages, as pip install --target makes it, or a zip of "
                "one; for any platform (default: a venv).",
            ),
            click.Option(
                ["--force"],
                is_flag=True,
                help="Make a venv that is there anew, or replace any file (default: add to a venv that pexlite "
                "made).",
            ),
            VERBOSE,
        ),
    },
)
