"""`pexlite probe`: describe a Python in a file for `--target`."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say, write

_EXAMPLES = (
    ("pexlite probe -o here.json", "what the Python that runs pexlite can run"),
    ("pexlite probe someone@server.example -o server.json", "what python3 on another machine can, asked over ssh"),
    ("pexlite probe web -o server.json", "the same of a host that ssh's configuration calls web"),
    ("pexlite . --target server.json -o app.pex", "a file for that machine"),
)


def probe(place: str, python: str | None, output: Path | None, force: bool) -> None:
    """Ask a Python what it can run: an interpreter as --python takes it, or a host as ssh takes it.

    On a host it is python3 that is asked, over ssh, with what you are allowed there; nothing is left behind.
    """
    from pexlite.outputs import Kind, Output
    from pexlite.targets.probe import probe_python

    if output is None or str(output) == "-":
        write(probe_python(place, python), end="")
        return
    written = Output(output.absolute(), Kind.TARGET, force)
    written.check()
    text = probe_python(place, python)
    with written.replaced() as file:
        file.write(text.encode())
    say(f"wrote {output}; build for it with --target {output}", err=True)


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
            FORCE,
            VERBOSE,
        ),
    },
)
