"""Commands whose help shows examples first, then options grouped by the question that they answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

VERBOSE = click.Option(
    ["-v", "--verbose"], is_flag=True, expose_value=False, help="Show tracebacks of errors (default: off)."
)
FORCE = click.Option(
    ["--force"],
    is_flag=True,
    help="Replace whatever is there (default: only what is empty, or of the kind that is written).",
)


class _Formatter(click.HelpFormatter):
    """Help with coloured titles and names; click removes colour where no terminal shows it."""

    def write_heading(self, heading: str) -> None:
        super().write_heading(click.style(heading, bold=True))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(click.style(name, fg="cyan"), text) for name, text in rows], col_max, col_spacing)


class HelpContext(click.Context):
    """A context that formats help in colour."""

    formatter_class = _Formatter


class GroupedCommand(click.Command):
    """A command whose help has examples at the top and options in titled sections."""

    context_class = HelpContext

    def __init__(
        self,
        name: str,
        *,
        sections: Mapping[str, Sequence[click.Parameter]],
        examples: Sequence[tuple[str, str]] = (),
        **rest: Any,
    ) -> None:
        parameters = [parameter for section in sections.values() for parameter in section]
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
        super().__init__(name, params=parameters, context_settings=settings, options_metavar="[OPTIONS]", **rest)
        self.sections = sections
        self.examples = examples

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self._format_examples(formatter)
        self.format_options(ctx, formatter)

    def _format_examples(self, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                for command, meaning in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{command}\n")
                    formatter.write(f"{'':{formatter.current_indent}}    {meaning}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, parameters in self.sections.items():
            records = [parameter.get_help_record(ctx) for parameter in parameters]
            # Newer versions of click list arguments too, which the usage line has named already.
            shown = [record for record in records if record and record[1]]
            if shown:
                with formatter.section(title):
                    formatter.write_dl(shown, col_max=26)
