"""`pexlite patch`: another version of some projects in a built file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pexlite.cli import options
from pexlite.cli.build import request_of
from pexlite.cli.help import FORCE, GroupedCommand
from pexlite.cli.option_values import OutputPath

_EXAMPLES = (
    ("pexlite patch app.pex 'certifi>=2026.1'", "a newer certifi, in app.pex itself; all else stays as it is"),
    ("pexlite patch app.pex requests urllib3 -o app-2.pex", "the newest of both that the rest lets in"),
)
_OF_A_BUILD = ("allow_large", "dry_run", "as_json", "no_progress", "quiet", "verbose")


def patch(file: Path, narrow: bool, offline: bool, **given: Any) -> None:
    """Put other versions of projects into FILE, whatever else is in it staying as it is.

    REQUIREMENT names a project that FILE has, as 'certifi>=2026.1', or a wheel of one. The newest version is taken
    that the rest of FILE lets in, for every Python and platform that FILE is for.
    """
    from pexlite.cli import outcome
    from pexlite.cli.progress import Notes, shown_progress
    from pexlite.pipeline.patch import patch as patch_file

    options.one_manner(given)
    directory = Path.cwd()
    request = request_of(given, directory)
    notes = Notes(quiet=given["quiet"])
    with shown_progress(notes, progress=not given["no_progress"], every_step=given["verbose"]) as report:
        result = patch_file(file, request, report, narrow=narrow, offline=offline)
    if not given["quiet"]:
        outcome.show(result, directory, notes.told)
    if given["as_json"]:
        outcome.show_json(result)


PATCH = GroupedCommand(
    "patch",
    callback=patch,
    help=patch.__doc__,
    short_help="another version of a project in a file, and nothing else",
    examples=_EXAMPLES,
    sections={
        "What changes": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Argument(["requirements"], nargs=-1, required=True, metavar="REQUIREMENT..."),
            options.flag(
                "--narrow",
                help="Let FILE lose Pythons and platforms that a new version is not for (default: an error).",
            ),
        ),
        "Indexes": (
            options.flag(
                "--offline",
                help="Ask no index: take what the store of builds has, and --find-links (default: ask).",
            ),
            *options.INDEXES,
        ),
        "Output": (
            options.option(
                "-o",
                "--output",
                "--output-file",
                type=OutputPath(path_type=Path),
                metavar="FILE",
                help="The file to write (default: FILE itself, which is replaced when all has succeeded).",
            ),
            FORCE,
            *(parameter for parameter in options.OUTPUT if parameter.name in _OF_A_BUILD),
        ),
    },
)
