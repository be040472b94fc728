"""The commands there are: the first argument names one, and belongs to `build` where it does not."""

from __future__ import annotations

import click

from pexlite.cli.build import BUILD
from pexlite.cli.info import INFO
from pexlite.cli.lock import LOCK
from pexlite.version import __version__


class _BuildUnlessNamed(click.Group):
    """A group whose command is `build` when the first argument is no command's name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            raise click.UsageError("nothing can follow --: a requirement or path does not begin with a dash", ctx)
        if args and args[0] not in (*self.commands, "--help", "-h", "--version"):
            args = [str(BUILD.name), *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        BUILD.format_help(click.Context(BUILD, info_name=ctx.info_name), formatter)
        self.format_commands(ctx, formatter)


@click.pass_context
def _say_how(context: click.Context) -> None:
    """Without any argument: the help, and the exit code of a command line that says too little."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


PEXLITE = _BuildUnlessNamed(
    name="pexlite",
    commands=[BUILD, LOCK, INFO],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    no_args_is_help=False,
    invoke_without_command=True,
    callback=_say_how,
)
click.version_option(__version__, prog_name="pexlite", message="%(prog)s %(version)s")(PEXLITE)
