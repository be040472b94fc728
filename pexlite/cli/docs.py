"""`pexlite docs`: the pages of the documentation, listed or shown."""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pexlite.cli.help import GroupedCommand
from pexlite.cli.say import say, wants_colour, write
from pexlite.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_DIRECTORY = Path(__file__).parent.parent / "docs"
_LINK = re.compile(r"\[([^]]*)\]\(([a-z-]+)\.md(?:#[^)]*)?\)")  # [the store](store.md)
_WIDEST = 110  # columns: longer lines are hard to read


def pages() -> Mapping[str, Path]:
    """The pages by name, sorted; a page's name is its file's without `.md`."""
    return {path.stem: path for path in sorted(_DIRECTORY.glob("*.md"))}


def subject(page: Path) -> str:
    """The line below a page's title, which names its subject."""
    with page.open(encoding="utf-8") as lines:
        next(lines), next(lines)
        return next(lines).strip()


def show(name: str | None) -> None:
    """Show a page of the documentation, or list the pages.

    On a terminal a page is laid out for it and goes through your pager (PAGER); else it is Markdown as it is.
    """
    known = pages()
    if name is None:
        width = max(map(len, known))
        say(*(f"{page:{width}}  {subject(path)}" for page, path in known.items()))
        return
    if name not in known:
        raise _unknown(name, known)
    text = known[name].read_text(encoding="utf-8")
    if sys.stdout is not None and sys.stdout.isatty():
        click.echo_via_pager(_laid_out(text), color=wants_colour())
    else:
        write(text, end="")


def _unknown(name: str, known: Mapping[str, Path]) -> UsageError:
    import difflib  # takes 10 ms, and only a misspelling needs it

    near = difflib.get_close_matches(name.lower().removesuffix(".md"), known, n=2)
    meant = " or ".join(f"`pexlite docs {page}`" for page in near)
    return UsageError(
        f"there is no page {name!r}",
        hint=f"did you mean {meant}?" if near else "`pexlite docs` lists the pages",
    )


def _laid_out(text: str) -> str:
    """The Markdown `text` for a terminal of the width that this one has."""
    from rich.console import Console
    from rich.markdown import Markdown

    shown = io.StringIO()
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    Console(file=shown, width=width, force_terminal=True, no_color=wants_colour() is False).print(
        # No terminal can follow a link to another page, but whoever reads it can type the command.
        Markdown(_LINK.sub(_as_command, text), hyperlinks=False)
    )
    return shown.getvalue()


def _as_command(link: re.Match[str]) -> str:
    page = link[2]
    return f"{link[1]} (`pexlite docs {page}`)"


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The pages whose names begin with `incomplete`, each with its subject."""
    from click.shell_completion import CompletionItem  # only while a shell asks

    found = {name: path for name, path in pages().items() if name.startswith(incomplete)}
    return [CompletionItem(name, help=subject(path)) for name, path in found.items()]


DOCS = GroupedCommand(
    "docs",
    callback=show,
    help=show.__doc__,
    short_help="formats, cache, Spark, coming from pex: pages to read here",
    examples=[("pexlite docs", "the pages, one on a line"), ("pexlite docs from-pex", "one of them")],
    sections={"Page": (click.Argument(["name"], required=False, metavar="[PAGE]", shell_complete=_complete),)},
)
