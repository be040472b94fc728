"""A package as a foreign lock has it: a version and hashes, or a direct source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from packaging.markers import Marker
from packaging.pylock import PackageArchive, PackageDirectory, PackageVcs
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

Source: TypeAlias = PackageVcs | PackageArchive | PackageDirectory


@dataclass(frozen=True)
class Pinned:
    """One entry of a foreign lock."""

    name: NormalizedName
    version: Version | None
    hashes: tuple[str, ...] = ()
    """Of every file that is allowed, as `sha256:…`."""
    marker: Marker | None = None
    requires_python: SpecifierSet | None = None
    needs: tuple[Requirement, ...] = ()
    """The packages that it needs. A specifier that PEP 440 does not know is left out."""
    extras: frozenset[str] = frozenset()
    """The extras that the entry is for, where these have entries of their own."""
    source: Source | None = None
    """Where it comes from, if not from an index."""
    index: str | None = None
    """The URL of the one index that it comes from; None for any."""


@dataclass(frozen=True)
class ForeignLock:
    """The lock of poetry, pdm or pipenv."""

    packages: tuple[Pinned, ...]
    knows_needs: bool = True
    """Whether its entries say what they need; else all of them are wanted."""
    outdated: bool = False
    """Whether the project has changed since, as the tool itself would say."""
