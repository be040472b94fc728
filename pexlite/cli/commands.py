"""The commands of `pexlite`: the first word that is no option names one; else the command is `build`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

from pexlite.cli.completion import files
from pexlite.cli.mistaken import imply_build
from pexlite.cli.say import say
from pexlite.cli.words_first import WordFirst, arguments_behind, keep_behind
from pexlite.version import __version__

# Each name with the command's module, imported only when that command runs: a build loads no other.
COMMANDS = {
    "build": "pexlite.cli.build:BUILD",
    "cache": "pexlite.cli.cache:CACHE",
    "delta": "pexlite.cli.delta:DELTA",
    "diff": "pexlite.cli.diff:DIFF",
    "docs": "pexlite.cli.docs:DOCS",
    "extract": "pexlite.cli.extract:EXTRACT",
    "help": "pexlite.cli.about:HELP",
    "image": "pexlite.cli.image:IMAGE",
    "info": "pexlite.cli.info:INFO",
    "lock": "pexlite.cli.lock:LOCK",
    "patch": "pexlite.cli.patch:PATCH",
    "probe": "pexlite.cli.probe:PROBE",
    "push": "pexlite.cli.push:PUSH",
    "report": "pexlite.cli.report:REPORT",
    "run": "pexlite.cli.run:RUN",
    "sbom": "pexlite.cli.sbom:SBOM",
    "sign": "pexlite.cli.sign:SIGN",
    "venv": "pexlite.cli.venv:VENV",
    "verify": "pexlite.cli.verify:VERIFY",
    "who": "pexlite.cli.who:WHO",
}

# What stands behind -- is for what these have built.
_RUNNING = ("build", "run")


class _BuildUnlessNamed(WordFirst):
    """A group whose command is `build` when the first word is no command's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def word_first(self, ctx: click.Context, args: Sequence[str]) -> list[str]:
        if "--" in args and not ctx.resilient_parsing:
            args, behind = args[: args.index("--")], args[args.index("--") + 1 :]
            keep_behind(ctx, behind)
        if {"--version", "-V"} & {*args[: self.place_of_word(ctx, args)]}:
            return ["--version"]
        ordered = super().word_first(ctx, args)
        command = ordered[0] if ordered and ordered[0] in COMMANDS else "build"
        if arguments_behind(ctx) is not None and (not ordered or command not in _RUNNING):
            raise click.UsageError(f"nothing can follow --: {command} runs nothing", ctx)
        if not ordered or ordered[0] in (*COMMANDS, "--help", "-h"):
            return ordered
        imply_build(ctx)
        return ["build", *ordered]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """A command, an option of `build`, or a file, since `build` need not be named."""
        build = self.get_command(ctx, "build")
        assert build is not None
        options = build.shell_complete(click.Context(build, parent=ctx), incomplete)
        # Bash drops the completions before a file's, and completes files only if nothing follows them.
        return [*files(ctx, None, incomplete), *super().shell_complete(ctx, incomplete), *options]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from pexlite.cli.about import format_everything

        format_everything(self, ctx, formatter)


@click.pass_context
def _say_how(context: click.Context) -> None:
    """Print the short help and exit with 2 where no argument is given."""
    if context.invoked_subcommand is None:
        from pexlite.cli.about import in_short

        say(*in_short(COMMANDS), err=True)
        context.exit(2)


PEXLITE = _BuildUnlessNamed(
    name="pexlite",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    no_args_is_help=False,
    invoke_without_command=True,
    callback=_say_how,
)
click.version_option(__version__, prog_name="pexlite", message="%(prog)s %(version)s")(PEXLITE)
