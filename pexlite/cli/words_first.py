"""A group whose command may follow options: `pexlite -q lock click` is `pexlite lock -q click`."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import click

from pexlite.cli.help import HelpContext
from pexlite.errors import UsageError

_BEHIND = "pexlite.cli: the words behind --"


def keep_behind(context: click.Context, words: Sequence[str]) -> None:
    """Keep the `words` behind --, which are for what is run."""
    context.meta[_BEHIND] = tuple(words)


def arguments_behind(context: click.Context) -> tuple[str, ...] | None:
    """The words behind --; None where there was none."""
    found: tuple[str, ...] | None = context.meta.get(_BEHIND)
    return found


class WordFirst(click.Group):
    """A group that accepts options before its command's name; they become the command's options."""

    context_class = HelpContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.word_first(ctx, args))

    def word_first(self, ctx: click.Context, args: Sequence[str]) -> list[str]:
        """`args` with the first word moved before the options; unchanged where all are options."""
        place = self.place_of_word(ctx, args)
        if place is None:
            return list(args)
        return [args[place], *args[:place], *args[place + 1 :]]

    def place_of_word(self, ctx: click.Context, args: Sequence[str]) -> int | None:
        """The position of the first of `args` that is no option and no option's value; None without any."""
        flags = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        taking: dict[str, bool] = {}
        place = 0
        while place < len(args) and _is_option(args[place]):
            # Which options take a value is known once all commands are loaded: do that only for an option.
            taking = taking or ({} if args[place] in flags else dict(self._taking_a_value(ctx)))
            alone = taking.get(args[place]) and (place + 1 == len(args) or _is_option(args[place + 1]))
            place += 2 if _takes_the_next(args[place], taking) and not alone else 1
        return place if place < len(args) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise self.unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def unknown(self, ctx: click.Context, name: str) -> UsageError:
        """The error for a command that this group does not have."""
        import difflib  # takes 10 ms, and only a misspelling needs it

        near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
        path = ctx.command_path
        return UsageError(
            f"{path} has no command {name}",
            hint=f"did you mean `{path} {near[0]}`?" if near else f"`{path} --help` lists the commands",
        )

    def _taking_a_value(self, ctx: click.Context) -> Iterator[tuple[str, bool]]:
        """The options that take a value, of all commands and subcommands, and whether each may stand alone."""
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if isinstance(command, WordFirst):
                yield from command._taking_a_value(ctx)
            for parameter in command.params if command else ():
                if isinstance(parameter, click.Option) and not parameter.is_flag:
                    yield from ((name, isinstance(parameter.flag_value, str)) for name in parameter.opts)


def _is_option(text: str) -> bool:
    return text.startswith("-") and text != "-"


def _takes_the_next(text: str, taking: Container[str]) -> bool:
    """Whether the value of the option `text` (`-o`, `-qo`, `--output`) is the next argument."""
    if text.startswith("--"):
        return text in taking
    first = next((place for place, letter in enumerate(text) if f"-{letter}" in taking), None)
    return first == len(text) - 1
