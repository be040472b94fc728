"""A built file: what it starts, whom it serves, what is in it. Imports no `packaging`."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Libc:
    """The C library a platform has: `name` is "glibc" or "musl", `version` as (major, minor)."""

    name: str
    version: tuple[int, int]


class StartKind(enum.StrEnum):
    """The ways in which a file starts."""

    FUNCTION = "function"
    MODULE = "module"
    SCRIPT = "script"
    INTERPRETER = "interpreter"


@dataclass(frozen=True)
class EntryPoint:
    """The start of a file: `module` and `attribute` of a function, a module, a file in bin/, or an interpreter."""

    kind: StartKind
    module: str = ""
    attribute: str = ""
    script: str = ""
    """With SCRIPT the file's name in bin/; with a console script its name, for people."""

    def __str__(self) -> str:
        if self.kind is StartKind.FUNCTION:
            return f"{self.module}:{self.attribute}"
        return {StartKind.MODULE: self.module, StartKind.SCRIPT: self.script}.get(self.kind, "")


@dataclass(frozen=True)
class Variant:
    """One set of wheels and the Pythons that it serves."""

    pythons: tuple[str, ...]
    """As in `Target.python`: "cp39", "cp313t", "pp310", oldest first."""
    platform: str
    """As in `Target.platform`, or "any" where nothing in the set depends on the platform."""
    libc: Libc | None
    """The oldest C library that will do; None where none is asked for."""
    macos: tuple[int, int] | None
    """The oldest macOS that will do; None off macOS."""
    wheels: tuple[int, ...]
    """Indices into `Bundle.wheels`, in installation order."""


@dataclass(frozen=True)
class StoredWheel:
    """A wheel inside a built file: where its bytes are, and what they must be."""

    filename: str
    sha256: str
    offset: int
    """Of the first byte of the wheel in the file."""
    size: int
    entry_points: Mapping[str, str] = field(default_factory=dict)
    """Console and GUI scripts: name to object reference."""
    repacked_from: str = ""
    """As in `Wheel`."""


@dataclass(frozen=True)
class Manifest:
    """The facts of a built file: PEX-INFO, read back."""

    build_id: str
    entry_point: EntryPoint
    variants: tuple[Variant, ...]
    wheels: tuple[StoredWheel, ...]
    requirements: tuple[str, ...]
    runs_on: str
    """The Pythons and platforms of `variants`, in words."""
    facts: Mapping[str, Any]
    """PEX-INFO in full, as JSON has it."""


@dataclass(frozen=True)
class BundledWheel:
    """A wheel that goes into a file, in plain values."""

    name: str
    version: str
    filename: str
    path: Path
    """In the store."""
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Draft:
    """A file before it is written: all of its bytes but those of the wheels."""

    build_id: str
    header: bytes
    wheels: tuple[BundledWheel, ...]
    wheel_headers: tuple[bytes, ...]
    """The bytes before each of the wheels."""
    rest: bytes
    """The bytes after the last of them."""

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        own = len(self.header) + sum(map(len, self.wheel_headers)) + len(self.rest)
        return own + sum(wheel.size for wheel in self.wheels)


@dataclass(frozen=True)
class Decision:
    """Everything about a file, decided: only copying is left."""

    draft: Draft
    name: str
    """Of the file, where the person gave none."""
    targets: tuple[str, ...]
    """Those asked for, in words."""
    variants: tuple[Variant, ...]
    runs_on: str
    """The Pythons and platforms of `variants`, in words."""
    entry_point: EntryPoint
    notices: tuple[str, ...]
    """Things the person should know though nothing failed, one sentence each."""
    repeatable: bool
    """Whether request, lock and target decide it alone: nothing was read from sources that may change."""


@dataclass(frozen=True)
class BuildResult:
    """A finished build."""

    path: Path
    decision: Decision
    seconds: float = 0.0
    written: bool = True
    """False after a dry run: nothing is at `path`, and `size` and `build_id` are what they would be."""

    @property
    def size(self) -> int:
        """Bytes."""
        return self.decision.draft.size

    @property
    def build_id(self) -> str:
        """The file's name in a cache: the same for the same content."""
        return self.decision.draft.build_id

    @property
    def wheels(self) -> tuple[BundledWheel, ...]:
        """The wheels in it."""
        return self.decision.draft.wheels

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom it was built for, as in "cp311 on linux_x86_64"."""
        return self.decision.targets

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Which wheels each Python gets, as positions in `wheels`."""
        return self.decision.variants

    @property
    def runs_on(self) -> str:
        """The Pythons and platforms of `variants`, in words."""
        return self.decision.runs_on

    @property
    def entry_point(self) -> EntryPoint:
        """The start of the file."""
        return self.decision.entry_point

    @property
    def notices(self) -> tuple[str, ...]:
        """Things the person should know though nothing failed, one sentence each."""
        return self.decision.notices

    @functools.cached_property
    def sha256(self) -> str:
        """Of the file, in hex; read when first asked for, since that takes longer than a build."""
        import hashlib

        with self.path.open("rb") as file:
            digest: str = hashlib.file_digest(file, "sha256").hexdigest()
        return digest
