"""The kinds of foreign locks, by the name of their file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pexlite.resolve.foreign.of_pdm import read_pdm
from pexlite.resolve.foreign.of_pipenv import read_pipenv
from pexlite.resolve.foreign.of_poetry import read_poetry
from pexlite.resolve.foreign.pinned import ForeignLock


@dataclass(frozen=True)
class Kind:
    """A kind of lock that another tool writes beside a project."""

    read: Callable[[Path, Sequence[str]], ForeignLock]
    """The lock in a file, with the named groups where the lock has these apart. Raises ResolutionError."""
    made_by: str
    """The command that makes it anew."""


# In the order in which they are looked for. A new kind needs a module and a row here.
KINDS: Mapping[str, Kind] = {
    "poetry.lock": Kind(lambda file, _groups: read_poetry(file), "poetry lock"),
    "pdm.lock": Kind(lambda file, _groups: read_pdm(file), "pdm lock"),
    "Pipfile.lock": Kind(read_pipenv, "pipenv lock"),
}
