"""Completions for a shell beyond those that click knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def files(context: click.Context, parameter: click.Parameter | None, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The files and directories here, for which the shell itself looks."""
    from click.shell_completion import CompletionItem  # only while a shell asks

    return [] if incomplete.startswith("-") else [CompletionItem(incomplete, type="file")]


def commands(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The commands of pexlite, or of the command that `pexlite help` was given."""
    found = context.find_root()
    for name in context.params.get("names") or ():
        inner = found.command.get_command(found, name) if isinstance(found.command, click.Group) else None
        if inner is None:
            return []
        found = click.Context(inner, info_name=name, parent=found)
    # Without the group's own completions, which also fit a build.
    if not isinstance(found.command, click.Group):
        return []
    return click.Group.shell_complete(found.command, found, incomplete)
