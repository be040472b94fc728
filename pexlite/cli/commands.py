"""The commands of `pexlite`: the first argument names one; where it does not, the command is `build`."""

from __future__ import annotations

from importlib import import_module

import click

from pexlite.cli.say import say
from pexlite.version import __version__

# Name to the command in its module, which is imported when it is meant: a build need not load the others.
COMMANDS = {
    "build": "pexlite.cli.build:BUILD",
    "cache": "pexlite.cli.cache:CACHE",
    "extract": "pexlite.cli.extract:EXTRACT",
    "info": "pexlite.cli.info:INFO",
    "lock": "pexlite.cli.lock:LOCK",
    "probe": "pexlite.cli.probe:PROBE",
    "venv": "pexlite.cli.venv:VENV",
    "verify": "pexlite.cli.verify:VERIFY",
}


class _BuildUnlessNamed(click.Group):
    """A group whose command is `build` when the first argument is no command's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            raise click.UsageError("nothing can follow --: a requirement or path does not begin with a dash", ctx)
        if args and args[0] not in (*COMMANDS, "--help", "-h", "--version"):
            args = ["build", *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        build = self.get_command(ctx, "build")
        assert build is not None
        build.format_help(click.Context(build, info_name=ctx.info_name), formatter)
        self.format_commands(ctx, formatter)


@click.pass_context
def _say_how(context: click.Context) -> None:
    """Print the help and exit with 2 where no argument is given."""
    if context.invoked_subcommand is None:
        say(*context.get_help().splitlines(), err=True)
        context.exit(2)


PEXLITE = _BuildUnlessNamed(
    name="pexlite",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    no_args_is_help=False,
    invoke_without_command=True,
    callback=_say_how,
)
click.version_option(__version__, prog_name="pexlite", message="%(prog)s %(version)s")(PEXLITE)
