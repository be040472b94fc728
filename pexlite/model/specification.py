"""A request after its files are read: requirements, local code, and the lock if one was given."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.model.request import IndexSettings


@dataclass(frozen=True)
class Amendments:
    """The builder's changes to requirements, also to those of wheels: `--exclude` and `--override`."""

    excluded: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()

    def instead_of(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """The overrides for `requirement`'s project, or `requirement` itself where there are none."""
        name = canonicalize_name(requirement.name)
        return tuple(over for over in self.overrides if canonicalize_name(over.name) == name) or (requirement,)

    def excluding(self, name: NormalizedName) -> tuple[Requirement, ...]:
        """The exclusions of the project `name`."""
        return tuple(out for out in self.excluded if canonicalize_name(out.name) == name)

    def never_wanted(self) -> tuple[NormalizedName, ...]:
        """The projects excluded in every version and on every target."""
        whole = (out for out in self.excluded if not out.specifier and out.marker is None)
        return tuple(dict.fromkeys(canonicalize_name(out.name) for out in whole))


@dataclass(frozen=True)
class LockParts:
    """The requested optional parts of a lock (PEP 751)."""

    extras: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
    """None for the lock's default groups."""


@dataclass(frozen=True)
class Root:
    """One requirement that the bundle must satisfy, and where it was written."""

    requirement: Requirement
    """Its `.url` is a `file:` URL for a local wheel; local projects are wheels by now."""
    origin: str
    """Where it was written, in words: "the command line", "requirements.txt line 3"."""
    hashes: tuple[str, ...] = ()
    """The hashes of `--hash`, as `sha256:…`; () where there are none."""
    parts: LockParts | None = None
    """For a package of a lock: the extras and groups that its marker may test."""
    sha256: str | None = None
    """A local wheel's sha256, where it has been computed already."""
    written_in: Path | None = None
    """The pyproject.toml or script that has the requirement, and may also name its source."""


class LocalKind(enum.StrEnum):
    """The kinds of local code that a builder may name."""

    PROJECT = "project"
    """A directory with pyproject.toml or setup.py."""
    SDIST = "sdist"
    WHEEL = "wheel"
    PACKAGE = "package"
    """A directory with `__init__.py` and no project file."""
    MODULE = "module"
    """One `.py` file: a loose module, or a script."""
    TREE = "tree"
    """A directory whose top-level modules go in (`-D`)."""


@dataclass(frozen=True)
class LocalSource:
    """Local code to bundle, before it becomes a wheel."""

    kind: LocalKind
    path: Path
    """An absolute path."""
    origin: str
    """Where it was named, in words, as in `Root`."""
    extras: frozenset[str] = frozenset()
    marker: Marker | None = None
    included: tuple[str, ...] = ()
    """Patterns for files of a package or tree to include although they are hidden or links (`--include`)."""
    hashed: bool = False
    """Whether its bytes have one of the hashes given with it."""


@dataclass(frozen=True)
class Specification:
    """A request after every file it names has been read."""

    roots: tuple[Root, ...]
    local: tuple[LocalSource, ...]
    index: IndexSettings
    """The request's settings merged with those of requirements files, but not yet with pip's configuration."""
    constraint_files: tuple[str, ...] = ()
    lock: Pylock | None = None
    """The given lock, if any: then nothing is resolved."""
    lock_file: Path | None = None
    """The path of `lock`; relative paths in the lock start from its directory."""
    lock_parts: LockParts = field(default_factory=LockParts)
    takes_part_of_lock: bool = False
    """Whether it names requirements, so that it takes of `lock` what they need; else it takes all of it."""
    amendments: Amendments = field(default_factory=Amendments)
    requires_python: SpecifierSet | None = None
    """From a script's PEP 723 header."""
    script: LocalSource | None = None
    """The one of `local` that is the application itself (`--exe`, or a `.py` file among the inputs)."""
    build_properties: Mapping[str, Any] = field(default_factory=dict)
    """JSON values by name, for the file to say of itself."""
    notices: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    """Every file of this machine that was read for the request."""


@dataclass(frozen=True)
class LockChange:
    """A project whose versions differ between two locks."""

    name: str
    before: tuple[str, ...]
    """Its versions in the earlier lock; () where it is new."""
    after: tuple[str, ...]
    """Its versions in the new lock; () where it is gone."""

    def __str__(self) -> str:
        before, after = ", ".join(self.before), ", ".join(self.after)
        if not self.before:
            return f"+ {self.name} {after}".rstrip()
        return f"{self.name} {before} -> {after}" if self.after else f"- {self.name} {before}".rstrip()


@dataclass(frozen=True)
class LockResult:
    """A finished lock."""

    path: Path | None
    """The written file; None where only `text` was requested."""
    text: str = field(repr=False)
    """pylock.toml (PEP 751)."""
    lock: Pylock = field(repr=False)
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
    changes: tuple[LockChange, ...] | None = None
    """The differences to the lock that was there before; None where there was none."""
