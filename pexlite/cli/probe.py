"""`pexlite probe`: describe a Python in a file for `--target`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say, write
from pexlite.errors import UsageError

_EXAMPLES = (
    ("pexlite probe -o here.json", "what the Python that runs pexlite can run"),
    ("pexlite probe someone@server.example -o server.json", "what python3 on another machine can, asked over ssh"),
    ("pexlite probe web -o server.json", "the same of a host that ssh's configuration calls web"),
    ("pexlite probe --list", "the Pythons of this machine that --python can name"),
    ("pexlite . --target server.json -o app.pex", "a file for that machine"),
)


def probe(
    place: str, python: str | None, output: Path | None, force: bool, list_them: bool, as_json: bool
) -> None:
    """Ask a Python what it can run: an interpreter as --python takes it, or a host as ssh takes it.

    On a host it is python3 that is asked, over ssh, with what you are allowed there; nothing is left behind.
    """
    from pexlite.outputs import Kind, Output
    from pexlite.targets.probe import probe_python

    if list_them:
        if place or python or output:
            raise UsageError(
                "--list shows the Pythons of this machine, and describes none of them",
                hint="leave the rest out: pexlite probe --list",
            )
        _list(as_json)
        return
    if as_json:
        raise UsageError("--json says how --list shows the Pythons", hint="pexlite probe --list --json")
    if output is None or str(output) == "-":
        write(probe_python(place, python), end="")
        return
    written = Output(output.absolute(), Kind.TARGET, force)
    written.check()
    text = probe_python(place, python)
    with written.replaced() as file:
        file.write(text.encode())
    say(f"wrote {output}; build for it with --target {output}", err=True)


def _list(as_json: bool) -> None:
    """Show the Pythons here: the word for --python, the implementation, where it was found, its path."""
    from pexlite.targets.found import pythons_here

    found = pythons_here()
    if as_json:
        write(json.dumps([{**asdict(each), "path": str(each.path)} for each in found], indent=2))
        return
    words = max(len(each.python) for each in found)
    places = max(len(each.place) for each in found)
    for each in found:
        say(f"{each.python:{words}}  {each.implementation:7}  {each.place:{places}}  {each.path}")


PROBE = GroupedCommand(
    "probe",
    callback=probe,
    help=probe.__doc__,
    short_help="what a Python here or on a host can run, for --target",
    examples=_EXAMPLES,
    sections={
        "Who is asked": (
            click.Argument(["place"], metavar="[PYTHON|[USER@]HOST]", default=""),
            click.Option(
                ["--python"],
                metavar="PROGRAM",
                help="The Python to ask on a host (default: python3).",
            ),
        ),
        "Output": (
            click.Option(
                ["-o", "--output"],
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="The file to write (default: stdout).",
            ),
            click.Option(
                ["--list", "list_them"],
                is_flag=True,
                help="The Pythons of this machine, each with the word for --python (default: describe one).",
            ),
            click.Option(["--json", "as_json"], is_flag=True, help="With --list: as JSON (default: in words)."),
            FORCE,
            VERBOSE,
        ),
    },
)
