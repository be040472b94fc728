"""What a request comes down to: requirements, local code, the lock where one was given."""

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
    """What the person who builds changes about what is asked for, by wheels and by themselves."""

    excluded: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()

    def instead_of(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """What `requirement` comes down to: itself, or the overrides of its project."""
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
    """With `.url` set to a `file:` URL for local wheels; projects have become wheels by then."""
    origin: str
    """In words: "the command line", "requirements.txt line 3"."""
    hashes: tuple[str, ...] = ()
    """`sha256:…` as in `--hash`; () where none was asked for."""
    parts: LockParts | None = None
    """For a package of a lock: what its marker may ask about besides the environment."""
    sha256: str | None = None
    """Of a local wheel, where it was read already."""


class LocalKind(enum.StrEnum):
    """What a path of the person who builds is."""

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
    """Code of the person who builds, before it has become a wheel."""

    kind: LocalKind
    path: Path
    """Absolute."""
    origin: str
    """In words, as in `Root`."""
    extras: frozenset[str] = frozenset()
    marker: Marker | None = None


@dataclass(frozen=True)
class Asked:
    """What a request comes down to once every file it names has been read."""

    roots: tuple[Root, ...]
    local: tuple[LocalSource, ...]
    index: IndexSettings
    """The request's settings with those of requirements files; pip's configuration is not merged in."""
    constraint_files: tuple[str, ...] = ()
    lock: Pylock | None = None
    """Where one was given: nothing is resolved."""
    lock_file: Path | None = None
    """Where `lock` lies; its relative paths start in that directory."""
    lock_parts: LockParts = field(default_factory=LockParts)
    amendments: Amendments = field(default_factory=Amendments)
    requires_python: SpecifierSet | None = None
    """Of a script's PEP 723 header."""
    script: LocalSource | None = None
    """The one of `local` that is the application itself (`--exe`, or a `.py` file among the inputs)."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class LockResult:
    """A finished lock."""

    path: Path | None
    """Where it was written; None where only `text` was asked for."""
    text: str
    """pylock.toml (PEP 751)."""
    lock: Pylock
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
