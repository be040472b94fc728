"""`pexlite report`: a built file as a page for a browser."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say
from pexlite.cli.words import size_in_words

_EXAMPLES = (
    ("pexlite report app.pex --open", "app.html, shown in the browser"),
    ("pexlite report old.pex app.pex -o report.html", "app.pex, and what has changed since old.pex"),
)


def report(file: Path, newer: Path | None, output: Path | None, show: bool, force: bool) -> None:
    """Write what is in FILE as one page of HTML, which asks nothing of any network.

    It has the sizes as a treemap, the graph of dependencies, a table of the wheels that sorts and filters, the
    licences, files that are large or there twice, where the file does not run and why. With a second file the
    page is about that one, and has the difference from FILE. It reads files of pexlite, pex and shiv.
    """
    from pexlite.outputs import Kind, Output
    from pexlite.report.page import page_of
    from pexlite.report.summary import report_on

    path = newer or file
    place = Output(Path.cwd() / (output or f"{path.stem}.html"), Kind.REPORT, force)
    place.check([file, path])
    page = page_of(report_on(path, file if newer else None))
    with place.replaced() as opened:
        opened.write(page)
    say(f"wrote {output or place.path.name}  {size_in_words(len(page))}", err=True)
    if show:
        _show(place.path)


def _show(path: Path) -> None:
    """Open the page in the browser, or say that there is none."""
    import webbrowser

    if not webbrowser.open(path.as_uri()):
        say(f"note: no browser could be started here: open {path} in one", err=True)


REPORT = GroupedCommand(
    "report",
    callback=report,
    help=report.__doc__,
    short_help="a page to look at: sizes, dependencies, licences, limits, differences",
    examples=_EXAMPLES,
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Argument(["newer"], type=click.Path(path_type=Path), metavar="[FILE2]", required=False),
            click.Option(
                ["-o", "--output"],
                type=click.Path(path_type=Path),
                metavar="PAGE",
                help="Where the page goes (default: ./NAME.html after the file).",
            ),
            click.Option(["--open", "show"], is_flag=True, help="Show the page in the browser (default: off)."),
            FORCE,
            VERBOSE,
        )
    },
)
