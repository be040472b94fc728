"""`pexlite help`: the help of `pexlite` alone in fifteen lines, and all options, commands and variables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import click

from pexlite.cli import completion
from pexlite.cli.help import GroupedCommand, HelpContext
from pexlite.cli.say import write_coloured
from pexlite.cli.words_first import WordFirst
from pexlite.errors import UsageError

_EXAMPLES = (
    ("pexlite requests click -c my_cli:main", "requests, click and ./my_cli.py; starts main() of it"),
    ("pexlite . -o app.pex", "the project here and all it needs; starts its script"),
    ("pexlite job.py", "a script and what its PEP 723 header asks for"),
    ("pexlite info app.pex", "what is in a file, and where it runs"),
)
_ITSELF = (
    ("-h, --help", "Show this, or with a command its own options: pexlite lock --help."),
    ("--version", "Say which pexlite this is."),
)
_VARIABLES = (
    ("PEXLITE_CACHE_DIR", "Where builds keep wheels (default: this user's directory of caches)."),
    ("PIP_*, NETRC", "Indexes, certificates, proxies and credentials, as pip takes them."),
    ("SOURCE_DATE_EPOCH", "The date of the files in a wheel that is built here (default: 1980)."),
    ("TMPDIR", "Where builds work (default: /tmp)."),
    ("NO_COLOR", "Show no colours (default: colours on a terminal)."),
    ("PEX_ROOT, PEX_*", "Switches of built files when they start: `pexlite docs switches`."),
)


def in_short(commands: Iterable[str]) -> tuple[str, ...]:
    """The help of `pexlite` alone: its purpose, four examples, its `commands`, and where to read on."""
    width = max(len(command) for command, _ in _EXAMPLES)
    return (
        "Usage: pexlite [OPTIONS] [REQUIREMENT|PATH]...",
        "       pexlite COMMAND [OPTIONS] ...",
        "",
        "One file of a Python application and everything it needs.",
        "",
        *(f"  {command:{width}}  {meaning}" for command, meaning in _EXAMPLES),
        "",
        *textwrap.wrap(f"Commands: {', '.join(sorted(commands))}.", 100),
        "All options and environment variables: pexlite --help. Those of a command: pexlite help COMMAND.",
    )


def format_everything(group: click.Group, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the help of `build`, which needs no name, then the commands and the variables for all of them."""
    build = group.get_command(context, "build")
    assert build is not None
    names = context.help_option_names
    build.format_help(click.Context(build, info_name=context.info_name, help_option_names=names), formatter)
    for title, rows in (("About pexlite", _ITSELF), ("Environment variables", _VARIABLES)):
        with formatter.section(title):
            formatter.write_dl(rows, col_max=26)
    group.format_commands(context, formatter)


def show(names: tuple[str, ...]) -> None:
    """Show the help of COMMAND, or of pexlite as a whole."""
    context = click.get_current_context().find_root()
    for name in names:
        group = context.command
        if not isinstance(group, WordFirst):
            raise UsageError(
                f"{context.command_path} has no command {name}", hint=f"{context.command_path} --help"
            )
        command = group.get_command(context, name)
        if command is None:
            raise group.unknown(context, name)
        context = HelpContext(command, info_name=name, parent=context)
    write_coloured(context.get_help())


_COMMAND = click.Argument(["names"], nargs=-1, metavar="[COMMAND]", shell_complete=completion.commands)
HELP = GroupedCommand(
    "help",
    callback=show,
    help=show.__doc__,
    short_help="how a command is used",
    sections={
        "Output": (click.Argument(["names"], nargs=-1, metavar="[COMMAND]", shell_complete=completion.commands),)
    },
)
