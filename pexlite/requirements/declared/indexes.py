"""The indexes that a file names: which comes before which, and which projects are pinned to one."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlunsplit

from pexlite.model import Problem
from pexlite.network.urls import parts_of
from pexlite.requirements.declared.said import DEFAULT, DeclaredIndex

_Table = Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """The words of one tool for its indexes."""

    heading: str
    """Its table's heading: `[[tool.uv.index]]`."""
    user: str = ""
    """The variable with the user of an index, with `{}` for the index's name."""
    password: str = ""


def read_index(table: _Table, file: Path, words: Words, **more: Any) -> DeclaredIndex | Problem:
    """The index in `table`, with the credentials that the tool's variables hold for it, or the problem with it."""
    name, url = table.get("name", "x"), table.get("url")
    # Both are written in a line for uv and pip, where they must mean one index.
    if (
        not isinstance(name, str)
        or not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)
        or not isinstance(url, str)
        or not re.fullmatch(r"[^\s\x00-\x1f]+", url)
    ):
        shown = table.get("name", table.get("url"))
        return Problem(f"{words.heading} in {file}: {shown!r} has not the name and URL of an index")
    if "${" in url:
        return Problem(
            f"{words.heading} in {file}: the address of {name} has a variable of the environment, and no file "
            f"of a project gets one",
            f"say where it is: --index {name}=URL",
        )
    return DeclaredIndex(str(table.get("name", "")), _with_credentials(url, name, file.parent, words), **more)


def _with_credentials(url: str, name: str, directory: Path, words: Words) -> str:
    if "://" not in url:
        return (directory / url).resolve().as_uri()
    key = re.sub(r"[^A-Z0-9]", "_", name.upper())
    user, password = (os.environ.get(which.format(key), "") for which in (words.user, words.password))
    parts = parts_of(url)
    if not (user or password) or "@" in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"))


def read_indexes(
    entries: Sequence[DeclaredIndex | Problem],
) -> tuple[tuple[DeclaredIndex, ...], tuple[Problem, ...]]:
    """The indexes among `entries`, and the problems."""
    sound = tuple(entry for entry in entries if isinstance(entry, DeclaredIndex))
    return sound, tuple(entry for entry in entries if isinstance(entry, Problem))


def with_default(indexes: Sequence[DeclaredIndex]) -> tuple[DeclaredIndex, ...]:
    """The general ones of `indexes` in their order, and at the end the one that stands for the default."""
    shared = [index for index in indexes if not index.explicit]
    default = next((index for index in shared if index.replaces_default), DEFAULT)
    return (*(index for index in shared if not index.replaces_default), default)
