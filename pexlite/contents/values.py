"""The content of a file, as frozen values. This module imports no `packaging`."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pexlite.model import InterpreterArchive, Variant


class Maker(enum.StrEnum):
    """The tools whose files are read."""

    PEXLITE = "pexlite"
    PEX = "pex"
    SHIV = "shiv"


class HeldFile(NamedTuple):
    """A file in a wheel, or one of the bundle's own. A tuple, since bundles have tens of thousands."""

    path: str
    """Its path in the wheel: "click/core.py"."""
    size: int
    """Bytes, unpacked."""
    packed: int
    """Bytes in the file."""
    crc32: int


@dataclass(frozen=True)
class Licence:
    """The words of a wheel on its licence; each is empty where it says nothing of the kind."""

    expression: str = ""
    """License-Expression, an SPDX expression in its canonical form (PEP 639): "MIT OR Apache-2.0"."""
    classifiers: tuple[str, ...] = ()
    """The last part of each `License ::` classifier: "MIT License"."""
    text: str = ""
    """The first line of the field License, which may be a name or a whole text."""
    files: tuple[str, ...] = ()
    """The License-File fields."""

    @property
    def words(self) -> str:
        """The best of it in a few words; "" where it says nothing."""
        return self.expression or " / ".join(self.classifiers) or self.text


NO_LICENCE = Licence()


@dataclass(frozen=True)
class HeldWheel:
    """A wheel in a file."""

    name: str
    """The normalised name of its project: "charset-normalizer"."""
    version: str
    filename: str
    """The wheel's file name; of shiv's files one that is made up of name and version."""
    sha256: str
    """The wheel's sha256 in the file; "" where it is not there as a wheel, or was not digested."""
    served_sha256: str
    """The wheel's sha256 as the index serves it: of a rewritten wheel the original's; "" where it is not known."""
    size: int
    """Bytes in the file."""
    local: bool
    """Whether it is own code, made where the file was built."""
    compiled: bool
    """Whether it is for certain platforms only."""
    tags: tuple[str, ...]
    """Its tags, sorted: "cp311-cp311-manylinux_2_17_x86_64"."""
    variants: tuple[int, ...]
    """The positions of the file's variants that have it; () for a file without any."""
    only_on: str
    """The Pythons and platforms of the file that get it, in words; "" where all do."""
    requires_python: str = ""
    """Requires-Python as it says it."""
    runs_on: str = ""
    """Where it could run by tags and Requires-Python, in words: "any Python", "CPython 3.11 on linux x86_64"."""
    summary: str = ""
    licence: Licence = NO_LICENCE
    author: str = ""
    urls: tuple[tuple[str, str], ...] = ()
    """Pairs of a label and an http address."""
    requires: tuple[str, ...] = field(default=(), repr=False)
    """The Requires-Dist lines."""
    files: tuple[HeldFile, ...] = field(default=(), repr=False)
    """Its files by path; () where they were not asked for."""
    bytecode_size: int = 0
    """Bytes of bytecode that the file has for its modules."""
    bills: tuple[str, ...] = ()
    """The paths of the bills of materials that it brings (PEP 770)."""
    problem: str = ""
    """Why its METADATA cannot be read; "" where it can."""

    @functools.cached_property
    def unpacked(self) -> int:
        """Bytes of its files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True)
class Dependency:
    """A requirement that holds on some Python of the file: an arrow of its graph."""

    by: str
    """The project that requires it; "" for the file itself, whose builder asked for it."""
    name: str
    """The required project."""
    requirement: str
    """The requirement without its marker: "idna<4,>=2.5"."""
    extras: tuple[str, ...] = ()
    """The extras that it asks for."""
    of_extra: str = ""
    """The extra of `by` that has it; "" where it always holds."""
    marker: str = ""
    """Its marker, without the test of the extra."""
    is_there: bool = True
    """Whether the file has a wheel of the project."""

    @property
    def bound(self) -> str:
        """The versions that will do: "<4,>=2.5"; "" for any."""
        place = min((self.requirement.find(one) for one in "<>=!~" if one in self.requirement), default=None)
        return "" if place is None else self.requirement[place:]


@dataclass(frozen=True)
class Limit:
    """Something outside of what the file serves, and the wheels that keep the file from it."""

    place: str
    """A Python or a platform in words: "CPython 3.14", "musl", "macOS", "glibc before 2.28"."""
    reasons: tuple[str, ...]
    """A sentence for each wheel: "numpy 2.1.0 has no wheel for CPython 3.14 here"."""
    wheels: tuple[str, ...]
    """The names of their projects."""


@dataclass(frozen=True)
class Scope:
    """How much of a file is read."""

    files: bool = True
    """Whether the files of each wheel are."""
    graph: bool = True
    """Whether its dependencies and limits are worked out."""
    known: Mapping[str, HeldWheel] = field(default_factory=dict)
    """Wheels by sha256 that have been read in another file, as far: a file's word for a sha256 is believed."""


ALL = Scope()
_OF_MAKERS = (".", "_bootstrap/", "__pex", "PEX-INFO", "environment.json", "__main__.py")


@dataclass(frozen=True)
class FileContents:
    """A built file: its wheels, who brings them and why, its settings."""

    path: Path
    maker: Maker
    size: int
    """Bytes."""
    build_id: str
    """The name that it has in a cache; "" where it has none."""
    maker_version: str
    entry_point: str
    """Its entry point; "" for a Python interpreter."""
    runs_on: str
    """The Pythons and platforms in words; "" where it does not say."""
    requirements: tuple[str, ...]
    wheels: tuple[HeldWheel, ...]
    """By name, version and file name."""
    dependencies: tuple[Dependency, ...]
    limits: tuple[Limit, ...]
    variants: tuple[Variant, ...]
    own_pythons: tuple[InterpreterArchive, ...]
    own_files: tuple[HeldFile, ...]
    """All members that belong to no wheel: the runtime, own code that pex and shiv put beside the wheels."""
    runtime_size: int
    """Bytes that belong to no Python, no wheel and no bytecode."""
    bytecode_size: int
    settings: Mapping[str, str]
    """The launch settings in words, by the name of their option without dashes: "inherit-path": "false"."""
    properties: Mapping[str, str]
    """The facts that the builder gave, texts as they are and other values as JSON."""
    unknown: tuple[str, ...] = ()
    """Sentences on what such a file does not say."""

    @functools.cached_property
    def own_code(self) -> tuple[HeldFile, ...]:
        """The files that lie beside the wheels and are not the maker's: own code, in a file of pex."""
        return tuple(one for one in self.own_files if not one.path.startswith(_OF_MAKERS))

    @functools.cached_property
    def by_name(self) -> Mapping[str, tuple[HeldWheel, ...]]:
        """The wheels of each project."""
        found: dict[str, tuple[HeldWheel, ...]] = {}
        for wheel in self.wheels:
            found[wheel.name] = (*found.get(wheel.name, ()), wheel)
        return found

    @functools.cached_property
    def requires(self) -> Mapping[str, tuple[Dependency, ...]]:
        """The dependencies by the project that requires them; "" has those of the file itself."""
        return _grouped(self.dependencies, lambda one: one.by)

    @functools.cached_property
    def required_by(self) -> Mapping[str, tuple[Dependency, ...]]:
        """The dependencies by the project that is required."""
        return _grouped(self.dependencies, lambda one: one.name)


def _grouped(
    dependencies: Iterable[Dependency], key: Callable[[Dependency], str]
) -> Mapping[str, tuple[Dependency, ...]]:
    found: dict[str, tuple[Dependency, ...]] = {}
    for one in dependencies:
        found[key(one)] = (*found.get(key(one), ()), one)
    return found
