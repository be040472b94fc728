"""`warm`: the first start's work, without running the app."""

from ..cache import app
from ..unpack import launcher, tree
from .built_file import BuiltFile, compile_all, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    warm = commands.add_parser("warm", help="do now what the first start would do, and run nothing")
    warm.add_argument("--compile", action="store_true", help="with bytecode")
    warm.set_defaults(do=_warm)


def _warm(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    place = built_file.install()
    with built_file.opened() as (opened, number):
        # Whoever else starts it may not be able to write here.
        launcher.keep_all(tree.Plan(opened, number, place, built_file.name), built_file.facts)
    if options.compile:
        compile_all([app.site_packages(place)])
    say(place)
