"""The files of an app's directory, each where an installer would put it: as values and as a text.

A built file has one such text for each variant, as a member. Its lines, in installation order:

    /0 lib/click                   a directory of the variant's unpacked wheel 0, followed by
    4473 __init__.py               its files, each with its size in bytes
    /0 lib/click-8.2.1.dist-info
    - RECORD                       a file whose size is known only after unpacking
    !1                             the console scripts of wheel 1
    flask.cli:main flask

Every place occurs once, with the file that an installer would leave there.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

SITE_PACKAGES = "lib/pythonX.Y/site-packages/"
"""How a place in site-packages begins, whatever Python it will be."""

_HEADERS = "include/site/pythonX.Y/"
_UNKNOWN = "-"


class Kind(enum.StrEnum):
    """How an entry's file is made."""

    FILE = "file"
    """Linked unchanged."""
    SCRIPT = "script"
    """From .data/scripts, with the app's Python in the first line if that is "#!python"."""
    CONSOLE_SCRIPT = "console script"
    """Written for an entry point."""


class Entry(NamedTuple):
    """A file of an app's directory. A tuple, since bundles have tens of thousands."""

    place: str
    """Its path in the app's directory, Python written X.Y: "lib/pythonX.Y/site-packages/x.py", "bin/x"."""
    wheel: int
    """The wheel's position in the variant."""
    path: str
    """Its path in the unpacked wheel, as "lib/x.py"; what a console script calls, "module:attribute"."""
    kind: Kind
    size: int | None
    """Bytes in the unpacked wheel; None for console scripts, and for files whose size unpacking changes."""

    @property
    def name(self) -> str:
        """The last part of its place."""
        return self.place.rpartition("/")[2]


@dataclass(frozen=True)
class InstalledTree:
    """Every file that a variant's wheels bring: each place once, by wheel and directory."""

    entries: tuple[Entry, ...]

    @functools.cached_property
    def by_place(self) -> Mapping[str, Entry]:
        """The entries by their places."""
        return {entry.place: entry for entry in self.entries}

    def in_site_packages(self, path: str) -> Entry | None:
        """The file at `path` ("pkg/__init__.py") in site-packages; None where there is none."""
        return self.by_place.get(SITE_PACKAGES + path)

    @functools.cached_property
    def importable(self) -> tuple[str, ...]:
        """The paths of all files in site-packages, relative to it."""
        start = len(SITE_PACKAGES)
        return tuple(entry.place[start:] for entry in self.entries if entry.place.startswith(SITE_PACKAGES))

    def text(self) -> str:
        """The tree as the text in a built file; `read_tree` reads it."""
        return self._text

    @functools.cached_property
    def _text(self) -> str:
        lines: list[str] = []
        block: object = None
        for entry in self.entries:
            if entry.kind is Kind.CONSOLE_SCRIPT:
                if block != entry.wheel:
                    block = entry.wheel
                    lines.append(f"!{entry.wheel}")
                lines.append(f"{entry.path} {entry.name}")
                continue
            directory, _, name = entry.path.rpartition("/")
            if block != (entry.wheel, directory):
                block = entry.wheel, directory
                lines.append(f"/{entry.wheel} {directory}")
            lines.append(f"{_UNKNOWN if entry.size is None else entry.size} {name}")
        return "".join([f"{line}\n" for line in lines])


def read_tree(text: str, distributions: Sequence[str]) -> InstalledTree:
    """The tree in `text`; `distributions` are the beginnings of the file names of the variant's wheels.

    Raises ValueError for any other text.
    """
    try:
        return InstalledTree(tuple(entries_in(text, distributions)))
    except IndexError as problem:
        raise ValueError("a tree names a wheel that is not there") from problem


def entries_in(text: str, distributions: Sequence[str]) -> Iterator[Entry]:
    """The entries of the tree in `text`, one by one. Raises ValueError, IndexError."""
    number: int | None = None
    directory, top = "", ""
    kind = Kind.FILE
    *lines, rest = text.split("\n")
    if rest:
        raise ValueError("the last line of a tree has no end")
    for line in lines:
        first, _, rest = line.partition(" ")
        if line[:1] == "/":
            number, directory = _number(first), rest
            kind, top = kind_in(directory), place_of(directory, distributions[number])
        elif line[:1] == "!":
            number, kind = _number(first), Kind.CONSOLE_SCRIPT
        elif number is None:
            raise ValueError("a tree begins with no wheel")
        elif kind is Kind.CONSOLE_SCRIPT:
            yield Entry(f"bin/{rest}", number, first, kind, None)
        else:
            yield Entry(
                f"{top}{rest}", number, f"{directory}/{rest}", kind, None if first == _UNKNOWN else int(first)
            )


def _number(first: str) -> int:
    if not first[1:].isdecimal():
        raise ValueError(f"{first} names no wheel")
    return int(first[1:])


def kind_in(directory: str) -> Kind:
    """The kind of files in `directory` ("lib/x", "scripts") of an unpacked wheel."""
    return Kind.SCRIPT if directory == "scripts" or directory.startswith("scripts/") else Kind.FILE


def place_of(directory: str, distribution: str) -> str:
    """The place in an app's directory of an unpacked wheel's `directory`: "" or a path ending in "/".

    It follows the installation scheme of a virtual environment. Raises ValueError for a directory of no scheme.
    """
    scheme, _, rest = directory.partition("/")
    tops = {"lib": SITE_PACKAGES, "scripts": "bin/", "data": "", "headers": f"{_HEADERS}{distribution}/"}
    if scheme not in tops:
        raise ValueError(f"{directory} is no directory of an unpacked wheel")
    return f"{tops[scheme]}{rest}/" if rest else tops[scheme]
