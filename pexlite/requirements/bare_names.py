"""A bare word that names both something in this directory and, perhaps, a project of the index.

Take `pexlite black` in a directory with ./black: a silent choice could be the wrong one, and building a directory
may run its code. So it is an error, unless the directory declares itself to be that project and its build runs no
code of its own: who has a checkout at hand does not want the release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from pexlite.files.paths import is_directory, is_file
from pexlite.model import LocalKind, Problem
from pexlite.requirements.declarative import declared_name

_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?")
_MODULES = ("*.py", "*/*.py")
_CODE = ("pyproject.toml", *_MODULES)


@dataclass(frozen=True)
class Here:
    """The directory or module `path`, whose name is the word `name`."""

    name: str
    path: Path

    @property
    def local(self) -> str:
        """The path in the form that can only mean this directory or module."""
        return f"./{self.path.name}"

    @property
    def is_the_project(self) -> bool:
        """Whether it is the project of this name, as it declares, and building it runs no code of its own."""
        return is_directory(self.path) and declared_name(self.path) == canonicalize_name(self.name)

    def is_started_by(self, entry_points: Sequence[str]) -> bool:
        """Whether one of `entry_points` (`module`, `module:function`) lies in the directory: then it is meant.

        A script's name does not count, since the index's project may have a script of that name too.
        """
        return is_directory(self.path) and any(
            self._has(*reference.partition(":")[::2]) for reference in entry_points
        )

    def _has(self, module: str, attribute: str) -> bool:
        first, *rest = module.strip().split(".")
        if not first or not re.fullmatch(r"\w+(?:\.\w+)*", module.strip()):
            return False
        places = [self.path / first, self.path / "src" / first]
        if first == self.name:
            places.append(self.path)
        texts = [text for place in places for text in _texts(place.joinpath(*rest))]
        name = attribute.partition(".")[0].strip()
        return any(not name or re.search(rf"\b{re.escape(name)}\b", text) for text in texts)


def entry_points(entry_point: str | None, scripts: Sequence[str]) -> tuple[str, ...]:
    """The modules and functions among `-e` and `-c`."""
    named = [entry_point] if entry_point else []
    return (*named, *(script.rpartition("=")[2] for script in scripts if ":" in script))


def something_here(text: str, directory: Path) -> Here | None:
    """The directory, else the module, in `directory` that the bare word `text` names; None without any."""
    if not _NAME.fullmatch(text):
        return None
    if is_directory(directory / text):
        return Here(text, directory / text)
    return Here(text, directory / f"{text}.py") if is_file(directory / f"{text}.py") else None


def code_of_the_name(name: str, directory: Path) -> Path | None:
    """The project, package or module in `directory` that is called `name`, however that is spelt; else None."""
    spellings = {name, name.replace("-", "_"), name.replace("_", "-")}
    spellings |= {spelling.lower() for spelling in spellings}
    for spelling in sorted(spellings):
        place = directory / spelling
        if is_directory(place) and any(any(place.glob(pattern)) for pattern in _CODE):
            return place
        if is_file(module := directory / f"{spelling}.py"):
            return module
    return None


def two_readings(here: Here, kind: LocalKind | None) -> Problem:
    """The problem that a word may mean `here`, which is of this `kind`, or a project of the index."""
    what = "directory" if is_directory(here.path) else "file"
    local = f"for the {what}: `pexlite {here.local}`"
    if kind is None and any(any(here.path.glob(pattern)) for pattern in _MODULES):
        local = f"for the modules in the directory: `pexlite -D {here.name}`"
    elif kind is None:
        local = "the directory has nothing that could go in"
    return Problem(
        f"{here.name} is a {what} here, and may be a project of the index",
        f"{local}; for the index's project: `pexlite '{here.name}>=0'`",
    )


def _texts(module: Path) -> Iterator[str]:
    """The sources that run first when the module or package at `module` is imported or run."""
    for path in (module.with_name(f"{module.name}.py"), module / "__init__.py", module / "__main__.py"):
        if is_file(path):
            yield path.read_text(encoding="utf-8", errors="replace")
