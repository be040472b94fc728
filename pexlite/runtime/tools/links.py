"""`links`: a link for each command of a file that is several."""

import os

from .built_file import USAGE, BuiltFile, ToolError, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    links = commands.add_parser("links", help="a link to this file for each of its commands")
    links.add_argument("directory", metavar="DIR")
    links.set_defaults(do=_links)


def _links(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    names = sorted(built_file.facts.get("commands", ()))
    if not names:
        raise ToolError("%s is not several commands: it is built with several -c" % built_file.name, USAGE)
    os.makedirs(options.directory, exist_ok=True)
    places = [os.path.join(options.directory, name) for name in names]
    taken = [place for place in places if os.path.lexists(place) and not _leads_to(place, built_file.file)]
    if taken:
        raise ToolError("%s is there already, and no link to %s" % (", ".join(taken), built_file.name), USAGE)
    for place in places:
        if not os.path.lexists(place):
            os.symlink(built_file.file, place)
        say(place)


def _leads_to(place: str, file: str) -> bool:
    """Whether `place` is a link to `file`, which may have been moved since."""
    return os.path.islink(place) and os.path.realpath(place) == os.path.realpath(file)
