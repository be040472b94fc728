"""The kinds of foreign locks, by the name of their file. Each reader is imported when there is such a lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pexlite.resolve.foreign.pinned import ForeignLock


@dataclass(frozen=True)
class Kind:
    """A kind of lock that another tool writes beside a project."""

    read: Callable[[Path, Sequence[str]], ForeignLock]
    """The lock in a file, with the named groups where the lock has these apart. Raises ResolutionError."""
    made_by: str
    """The command that makes it anew."""
    export: tuple[str, ...] = ()
    """The command that exports it with the addresses of files; () where its tool does not add any."""


def _of_poetry(file: Path, groups: Sequence[str]) -> ForeignLock:  # noqa: ARG001 - told by what the project needs
    from pexlite.resolve.foreign.of_poetry import read_poetry

    return read_poetry(file)


def _of_pdm(file: Path, groups: Sequence[str]) -> ForeignLock:  # noqa: ARG001 - told by what the project needs
    from pexlite.resolve.foreign.of_pdm import read_pdm

    return read_pdm(file)


def _of_pipenv(file: Path, groups: Sequence[str]) -> ForeignLock:
    from pexlite.resolve.foreign.of_pipenv import read_pipenv

    return read_pipenv(file, groups)


# In the order in which they are looked for. A new kind needs a module and a row here.
KINDS: Mapping[str, Kind] = {
    "poetry.lock": Kind(
        _of_poetry, "poetry lock", ("poetry", "export", "--format", "pylock.toml", "--all-extras")
    ),
    "pdm.lock": Kind(_of_pdm, "pdm lock", ("pdm", "export", "--format", "pylock")),
    "Pipfile.lock": Kind(_of_pipenv, "pipenv lock"),
}
