"""All output of the command line: lines for people, and text for programs.

Names, versions, addresses and words from files, wheels, indexes and hosts are shown as text: they cannot move the
cursor, colour a line, or begin a line of their own.
"""

from __future__ import annotations

import os
import sys

import click

from pexlite.addresses import mask
from pexlite.cli.stdout import leave
from pexlite.errors import WriteError

# The words that may begin a line, with their colour on a terminal.
_COLOURS = {"error:": "red", "hint:": "cyan", "note:": "yellow", "wrote": "green", "removed": "green"}


def say(*lines: str, err: bool = False) -> None:
    """Print `lines`, each as one line, on stdout, or on stderr if `err`.

    A failure to write to stderr is ignored: the work itself has not failed.
    """
    if not err:
        write("\n".join(map(shown, lines)))
        return
    try:
        for line in lines:
            click.echo(_labelled(shown(line)), err=True, color=wants_colour())
    except OSError:
        leave(2)


def write(text: str, end: str = "\n") -> None:
    """Print `text` unchanged on stdout, for a program that reads it: JSON, a lock, a path."""
    if sys.stdout is None:
        raise WriteError("stdout cannot be written", causes=["it is closed"])
    click.echo(text + end, nl=False)


def write_coloured(text: str) -> None:
    """Print a help `text` on stdout, coloured only on a terminal and if nobody turned colour off."""
    click.echo(text, color=wants_colour())


def flush() -> None:
    """Flush stdout."""
    if sys.stdout is not None:
        sys.stdout.flush()


def shown(text: str) -> str:
    r"""`text` with every unprintable character escaped as Python does: "\x1b", "\n", "\u202e".

    These characters move the cursor, end a line, or turn the direction of the text after them. Passwords in
    addresses are masked.
    """
    text = mask(text)
    if text.isprintable():
        return text
    return "".join(character if _is_plain(character) else _escaped(character) for character in text)


def wants_colour() -> bool | None:
    """False where the user turned colour off (NO_COLOR, TERM=dumb); None lets click look at the terminal."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _is_plain(character: str) -> bool:
    return character.isprintable() or character in "\t\xa0\u202f"  # spaces, which texts in French have


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _labelled(line: str) -> str:
    label, space, rest = line.partition(" ")
    if label not in _COLOURS:
        return line
    return click.style(label, fg=_COLOURS[label], bold=label != "note:") + space + rest
