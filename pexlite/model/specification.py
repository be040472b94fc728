"""A request once its files are read: requirements, local code, and the lock where one was given."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path

from packaging.markers import Marker
from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.model.request import IndexSettings


@dataclass(frozen=True)
class Amendments:
    """Changes that the builder makes to requirements, those of wheels included: `--exclude` and `--override`."""

    excluded: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()

    def instead_of(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """The overrides of `requirement`'s project, or else `requirement` itself."""
        name = canonicalize_name(requirement.name)
        return tuple(over for over in self.overrides if canonicalize_name(over.name) == name) or (requirement,)

    def excluding(self, name: NormalizedName) -> tuple[Requirement, ...]:
        """The exclusions that concern the project `name`."""
        return tuple(out for out in self.excluded if canonicalize_name(out.name) == name)

    def never_wanted(self) -> tuple[NormalizedName, ...]:
        """The projects that are excluded in every version and everywhere."""
        whole = (out for out in self.excluded if not out.specifier and out.marker is None)
        return tuple(dict.fromkeys(canonicalize_name(out.name) for out in whole))


@dataclass(frozen=True)
class LockParts:
    """The optional parts of a lock that are wanted (PEP 751)."""

    extras: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
    """None: the lock's default groups."""


@dataclass(frozen=True)
class Root:
    """One requirement the bundle must satisfy, and where it was written down."""

    requirement: Requirement
    """Its `.url` is a `file:` URL for a local wheel; local projects have become wheels by then."""
    origin: str
    """In words: "the command line", "requirements.txt line 3"."""
    hashes: tuple[str, ...] = ()
    """`sha256:…` as in `--hash`; () where none was asked for."""
    parts: LockParts | None = None
    """For a package of a lock: the extras and groups that its marker may ask about."""
    sha256: str | None = None
    """The sha256 of a local wheel, where it has been read already."""
    written_in: Path | None = None
    """The pyproject.toml or script that asks for it, which may also say where it comes from."""


class LocalKind(enum.StrEnum):
    """The kinds of local path that a builder may name."""

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
    """Local code to bundle, before it has become a wheel."""

    kind: LocalKind
    path: Path
    """Absolute."""
    origin: str
    """In words, as in `Root`."""
    extras: frozenset[str] = frozenset()
    marker: Marker | None = None
    included: tuple[str, ...] = ()
    """Patterns for what goes in of a package or tree though it is hidden or lies elsewhere (`--include`)."""
    hashed: bool = False
    """Whether it has one of the hashes that are written beside it."""


@dataclass(frozen=True)
class Specification:
    """A request once every file it names has been read."""

    roots: tuple[Root, ...]
    local: tuple[LocalSource, ...]
    index: IndexSettings
    """The request's settings with those of requirements files; pip's configuration is not merged in."""
    constraint_files: tuple[str, ...] = ()
    lock: Pylock | None = None
    """The lock that was given, if one was; nothing is resolved then."""
    lock_file: Path | None = None
    """The path of `lock`; relative paths in it start in its directory."""
    lock_parts: LockParts = field(default_factory=LockParts)
    amendments: Amendments = field(default_factory=Amendments)
    requires_python: SpecifierSet | None = None
    """From a script's PEP 723 header."""
    script: LocalSource | None = None
    """The one of `local` that is the application itself (`--exe`, or a `.py` file among the requirements)."""
    notices: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    """Every file of this machine that was read for the request."""


@dataclass(frozen=True)
class LockResult:
    """A finished lock."""

    path: Path | None
    """The file it was written to; None where only `text` was asked for."""
    text: str = field(repr=False)
    """pylock.toml (PEP 751)."""
    lock: Pylock = field(repr=False)
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
