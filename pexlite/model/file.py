"""A built file: its entry point, its variants, its content. This module imports no `packaging`."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pexlite.model.manifest import PexInfo


@dataclass(frozen=True)
class Libc:
    """The C library a platform has: `name` is "glibc" or "musl", `version` as (major, minor)."""

    name: str
    version: tuple[int, int]


class StartKind(enum.StrEnum):
    """The kinds of thing that a start of a file runs."""

    FUNCTION = "function"
    MODULE = "module"
    SCRIPT = "script"
    INTERPRETER = "interpreter"


@dataclass(frozen=True)
class EntryPoint:
    """The start of a file: a function, a module, a script in bin/, or an interactive interpreter."""

    kind: StartKind
    module: str = ""
    attribute: str = ""
    script: str = ""
    """For SCRIPT the file's name in bin/; for a console script its name, which messages use."""

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
class ZipDirectory:
    """Where the directory of a zip is in it: all that reading its members takes."""

    offset: int
    size: int
    """Bytes."""
    count: int
    """The number of members."""
    crc32: int
    """Of the directory's bytes. With the CRCs in it, it covers the content of every member."""


NO_DIRECTORY = ZipDirectory(0, 0, 0, 0)


@dataclass(frozen=True)
class StoredWheel:
    """A wheel inside a built file: the place of its bytes, and their sha256."""

    filename: str
    sha256: str
    offset: int
    """Bytes from the start of the file to the wheel's first byte."""
    size: int
    directory: ZipDirectory = NO_DIRECTORY
    entry_points: Mapping[str, str] = field(default_factory=dict)
    """Console and GUI scripts: name to object reference."""
    repacked_from: str = ""
    """As in `Wheel`."""
    local: bool = False
    """As in `Wheel`."""
    bytecode_size: int = 0
    """Bytes of the bytecode that `--compile` added for its modules."""


@dataclass(frozen=True)
class Manifest:
    """The description that a built file carries: PEX-INFO, read back."""

    build_id: str
    entry_point: EntryPoint
    variants: tuple[Variant, ...]
    wheels: tuple[StoredWheel, ...]
    requirements: tuple[str, ...]
    runs_on: str
    """The Pythons and platforms of `variants`, in words."""
    header: tuple[int, int]
    """The size of what comes before all members, and its CRC-32."""
    pth: tuple[str, ...]
    """Names of the `.pth` files that lie directly in site-packages."""
    facts: PexInfo = field(repr=False)
    """PEX-INFO in full, as parsed from JSON."""

    def __repr__(self) -> str:
        """A line, whatever the file holds."""
        return _line(self, entry_point=str(self.entry_point), wheels=len(self.wheels), runs_on=self.runs_on)


@dataclass(frozen=True)
class BundledWheel:
    """A wheel that goes into a file, as plain values that need no `packaging`."""

    name: str
    version: str
    filename: str
    path: Path
    """The wheel file in the store."""
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Draft:
    """A file before it is written: all of its bytes but those of the wheels."""

    build_id: str
    header: bytes = field(repr=False)
    wheels: tuple[BundledWheel, ...]
    wheel_headers: tuple[bytes, ...] = field(repr=False)
    """The bytes that come before each wheel."""
    rest: bytes = field(repr=False)
    """The bytes that come after the last wheel."""

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        own = len(self.header) + sum(map(len, self.wheel_headers)) + len(self.rest)
        return own + sum(wheel.size for wheel in self.wheels)


@dataclass(frozen=True)
class Decision:
    """Everything about a file, decided: writing it is only copying."""

    draft: Draft
    name: str
    """The file's name where the request gives none."""
    targets: tuple[str, ...]
    """The targets asked for, as in "cp311 on linux_x86_64"."""
    variants: tuple[Variant, ...]
    runs_on: str
    """The Pythons and platforms of `variants`, in words."""
    entry_point: EntryPoint
    notices: tuple[str, ...]
    """Things the person should know though nothing failed, one sentence each."""
    repeatable: bool
    """Whether request, lock and target alone determine it: it read no other source that may change."""


@dataclass(frozen=True)
class BuildResult:
    """A finished build."""

    path: Path
    decision: Decision
    seconds: float = 0.0
    written: bool = True
    """False after a dry run: nothing is at `path`, and `size` and `build_id` are what they would be."""

    def __repr__(self) -> str:
        """A line, whatever the file holds."""
        return _line(
            self,
            path=str(self.path),
            written=self.written,
            size=self.size,
            entry_point=str(self.entry_point),
            wheels=len(self.wheels),
            runs_on=self.runs_on,
        )

    @property
    def size(self) -> int:
        """Bytes."""
        return self.decision.draft.size

    @property
    def build_id(self) -> str:
        """The name of this content in a cache: the same for the same content."""
        return self.decision.draft.build_id

    @property
    def wheels(self) -> tuple[BundledWheel, ...]:
        """The wheels in the file."""
        return self.decision.draft.wheels

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets it was built for, as in "cp311 on linux_x86_64"."""
        return self.decision.targets

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The wheels that each Python gets, as positions in `wheels`."""
        return self.decision.variants

    @property
    def runs_on(self) -> str:
        """The Pythons and platforms of `variants`, in words."""
        return self.decision.runs_on

    @property
    def entry_point(self) -> EntryPoint:
        """The start that was chosen for the file."""
        return self.decision.entry_point

    @property
    def notices(self) -> tuple[str, ...]:
        """Things the person should know though nothing failed, one sentence each."""
        return self.decision.notices

    @functools.cached_property
    def sha256(self) -> str:
        """The file's sha256, in hex; computed when first asked for, since that takes longer than a build."""
        import hashlib

        with self.path.open("rb") as file:
            digest: str = hashlib.file_digest(file, "sha256").hexdigest()
        return digest


def _line(value: object, **shown: object) -> str:
    """`value` as its class and a few facts: "BuildResult(path='app.pex', size=1234, …)"."""
    return f"{type(value).__name__}({', '.join(f'{name}={fact!r}' for name, fact in shown.items())})"
