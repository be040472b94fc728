"""`pexlite sbom`: a bill of materials of a built file."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say, write

_EXAMPLES = (
    ("pexlite sbom app.pex -o app.cdx.json", "for whoever gets app.pex"),
    ("PEX_TOOLS=1 ./app.pex sbom", "there, without pexlite: the bill that --sbom has put into app.pex"),
)


def sbom(file: Path, output: Path | None, force: bool) -> None:
    """Write a bill of materials of FILE: CycloneDX 1.6, as JSON.

    It has every wheel with its purl, its licences and the sha256 that the index serves it with, who needs whom,
    the bills that wheels bring (PEP 770), the runtime and a Python that the file carries. One file gives the same
    bytes each time; SOURCE_DATE_EPOCH dates them.
    """
    from pexlite.outputs import Kind, Output
    from pexlite.tools.bill import bill_of_file

    written = Output(output.absolute(), Kind.BILL, force) if output else None
    if written:
        written.check([file])
    bill = bill_of_file(file)
    if written is None:
        write(bill.decode("utf-8"), end="")
        return
    with written.replaced() as opened:
        opened.write(bill)
    say(f"wrote {output}", err=True)


SBOM = GroupedCommand(
    "sbom",
    callback=sbom,
    help=sbom.__doc__,
    short_help="a bill of materials of a file",
    examples=_EXAMPLES,
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
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
