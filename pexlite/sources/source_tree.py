"""The files of a package or source tree that go into its wheel: no leftovers, hidden files or links out of it."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pexlite.listed import listed

# Caches, editors' files, and version control in directories that are not hidden: never part of an application.
_LITTER_DIRECTORIES = frozenset(
    {
        *("__pycache__", "CVS", "_darcs", "__MACOSX"),
        *(".idea", ".vscode", ".vs", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"),
        *(".ipynb_checkpoints", ".tox", ".nox", ".eggs"),
    }
)
# Bytecode, editors' temporary files, and file managers' data.
_LITTER_FILES = re.compile(r".*\.py[co]|.*~|\.#.*|#.*#|\..*\.sw[a-p]|\.DS_Store|\._.*|Thumbs\.db|desktop\.ini")
_BUILT = re.compile(r".+\.(?:pex|pyz)")
# At the top of a tree whose directory itself goes on sys.path.
_NO_SOURCES = re.compile(r".*\.egg-info|.*\.(?:pex|pyz|whl)")
_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_OF_A_PROJECT = _PROJECT_FILES | {"build", "dist", "MANIFEST.in"}
_MOST_SHOWN = 4


class Reason(enum.StrEnum):
    """Why a file or directory is left out, in words that go before names."""

    HIDDEN = "hidden"
    """It may be a key or a password: .env, .netrc, .ssh; or it is as large as .git and .venv."""
    OUTSIDE = "links that lead out of it"
    INSTALLED = "installed by tools"
    BUILT = "files that were built"
    """As the one that an earlier build wrote into the package itself."""
    NOWHERE = "links that lead nowhere"
    SPECIAL = "neither files nor directories"

    @property
    def can_go_in(self) -> bool:
        """Whether a pattern can include it: it has content, and an end."""
        return self not in (Reason.NOWHERE, Reason.SPECIAL)


@dataclass(frozen=True)
class Sources:
    """The files of a directory that go into its wheel, and those left out."""

    files: tuple[tuple[str, Path], ...]
    """Each file's name relative to the directory, with `/` between its parts, and its path; sorted by name."""
    left_out: tuple[tuple[str, Reason], ...] = ()
    """The names of files left out, with the reason; a directory stands for everything in it."""
    matched: frozenset[str] = frozenset()
    """The patterns that included something that is left out otherwise."""

    def words(self, name: str) -> tuple[str, ...]:
        """A notice about files left out of the directory `name`; () where there are none."""
        takable = [group for reason in Reason if reason.can_go_in for group in self._group(reason)]
        others = [group for reason in Reason if not reason.can_go_in for group in self._group(reason)]
        words = [f"left out of {name}/, which --include PATTERN takes: {'; '.join(takable)}"] if takable else []
        return (*words, *([f"left out of {name}/: {'; '.join(others)}"] if others else []))

    def _group(self, reason: Reason) -> Iterator[str]:
        names = [path for path, why in self.left_out if why is reason]
        if names:
            yield f"{reason}: {listed(names, _MOST_SHOWN)}"


def files_of(directory: Path, *, whole_tree: bool = False, included: Sequence[str] = ()) -> Sources:
    """The files under `directory`, without leftovers, hidden files, and targets of links that lead out of it.

    A file or directory whose relative path matches one of the `included` patterns is included with everything in
    it. So is one whose name matches, unless it is left out only because its directory is. With `whole_tree`, built
    files and a project's own files at the top are left out too.
    """
    unwanted: set[str] = set()
    if whole_tree:
        names = {entry.name for entry in directory.iterdir()}
        unwanted = {name for name in names if _NO_SOURCES.fullmatch(name)}
        unwanted |= _OF_A_PROJECT if names & {"pyproject.toml", "setup.py"} else set()
    walk = _Walk(os.path.realpath(directory), tuple(pattern.rstrip("/") for pattern in included))
    walk.enter(_Place(directory), unwanted)
    return Sources(tuple(sorted(walk.files)), tuple(sorted(walk.left_out.items())), frozenset(walk.matched))


@dataclass(frozen=True)
class _Place:
    """A directory during a walk."""

    path: Path
    prefix: str = ""
    """The beginning of its entries' names."""
    above: frozenset[str] = frozenset()
    """The real paths of the directories above it."""
    withheld: Reason | None = None
    """The reason for leaving it out, unless a pattern includes something in it."""
    free: bool = False
    """Whether a pattern has included the directory itself, with everything in it."""

    def inside(self, name: str, **said: Any) -> _Place:
        """The directory `name` in this one."""
        above = self.above | {os.path.realpath(self.path)}
        return _Place(self.path / name, f"{self.prefix}{name}/", above, **said)


@dataclass
class _Walk:
    """One walk through a directory, and its findings so far."""

    root: str
    """The directory's real path."""
    included: tuple[str, ...]
    files: list[tuple[str, Path]] = field(default_factory=list)
    left_out: dict[str, Reason] = field(default_factory=dict)
    matched: set[str] = field(default_factory=set)

    def enter(self, place: _Place, unwanted: Iterable[str] = ()) -> None:
        """Visit everything in `place` except entries with one of the `unwanted` names."""
        if os.path.realpath(place.path) in place.above:
            return  # a link to a directory above: its files have been found already
        for entry in _entries(place.path):
            path, name = place.path / entry.name, place.prefix + entry.name
            if entry.name in unwanted or _is_litter(entry):
                continue
            if not (entry.is_dir() or entry.is_file()):
                self.left_out[name] = Reason.NOWHERE if _leads_nowhere(path) else Reason.SPECIAL
                continue
            why = None if place.free else place.withheld or self._reason(entry, path)
            alone = "" if place.withheld else entry.name
            taken = place.free or (why is not None and self._is_included(name, alone))
            why = None if taken else why
            if not entry.is_dir():
                self._add(name, path, why)
            elif why is None:
                self.enter(place.inside(entry.name, free=taken))
            else:
                self._pass_over(name, place.inside(entry.name, withheld=why), why)

    def _pass_over(self, name: str, place: _Place, why: Reason) -> None:
        """Leave out the directory `name`, except for files that patterns include."""
        known = len(self.files)
        # A link may lead to the whole disk: a pattern can include it only by the link's own name.
        if self.included and why is not Reason.OUTSIDE:
            self.enter(place)
        if len(self.files) == known:
            self.left_out = {kept: r for kept, r in self.left_out.items() if not kept.startswith(f"{name}/")}
            self.left_out[name] = why

    def _add(self, name: str, path: Path, why: Reason | None) -> None:
        if why is None:
            self.files.append((name, path))
        else:
            self.left_out[name] = why

    def _reason(self, entry: os.DirEntry[str], path: Path) -> Reason | None:
        if entry.name.startswith("."):
            return Reason.HIDDEN
        if entry.is_symlink():
            there = Path(os.path.realpath(path))
            if not there.is_relative_to(self.root):
                return Reason.OUTSIDE
            if any(part.startswith(".") for part in there.relative_to(self.root).parts):
                return Reason.HIDDEN
        if entry.is_file() and _BUILT.fullmatch(entry.name):
            return Reason.BUILT
        is_installed = entry.is_dir() and (entry.name == "node_modules" or (path / "pyvenv.cfg").is_file())
        return Reason.INSTALLED if is_installed else None

    def _is_included(self, path: str, name: str) -> bool:
        # In a directory that is left out a name alone is not enough: `config` must not include .git/config.
        found = [pattern for pattern in self.included if fnmatchcase(path, pattern) or fnmatchcase(name, pattern)]
        self.matched.update(found)
        return bool(found)


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as listing:
        yield from sorted(listing, key=lambda entry: entry.name)


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _is_litter(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir():
        return entry.name in _LITTER_DIRECTORIES
    return _LITTER_FILES.fullmatch(entry.name) is not None
