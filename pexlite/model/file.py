"""A built file: its entry point, its variants, its content. This module imports no `packaging`."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from pexlite.model.manifest import PexInfo
from pexlite.model.own_python import OwnPython, StoredPython


@dataclass(frozen=True)
class Libc:
    """A platform's C library: `name` is "glibc" or "musl", `version` is (major, minor)."""

    name: str
    version: tuple[int, int]


class StartKind(enum.StrEnum):
    """The kinds of things that a start runs."""

    FUNCTION = "function"
    MODULE = "module"
    SCRIPT = "script"
    INTERPRETER = "interpreter"
    COMMANDS = "commands"


@dataclass(frozen=True)
class Command:
    """One of several commands that a file is: a console script, or another script in bin/."""

    name: str
    module: str = ""
    """"" for a script that calls no function."""
    attribute: str = ""
    summary: str = ""
    """The first line of what its source says of it; "" where it says nothing."""


@dataclass(frozen=True)
class EntryPoint:
    """The thing that a start runs: a function, a module, a script in bin/, an interpreter, or one of several."""

    kind: StartKind
    module: str = ""
    attribute: str = ""
    script: str = ""
    """For SCRIPT the file's name in bin/; for a console script its name, used in messages."""
    commands: tuple[Command, ...] = ()
    """For COMMANDS each of them; a start is the one that it is called by, or that its first word names."""

    def __str__(self) -> str:
        if self.kind is StartKind.FUNCTION:
            return f"{self.module}:{self.attribute}"
        if self.kind is StartKind.COMMANDS:
            return ", ".join(command.name for command in self.commands)
        return {StartKind.MODULE: self.module, StartKind.SCRIPT: self.script}.get(self.kind, "")

    @property
    def is_called(self) -> bool:
        """Whether a start may call a function or module of the bundle itself: it is told the file's name then."""
        return bool(self.module or self.commands)

    @property
    def parts(self) -> tuple[EntryPoint, ...]:
        """The entry point of each command where there are several, else itself."""
        return tuple(_part(command) for command in self.commands) or (self,)


def _part(command: Command) -> EntryPoint:
    if not command.module:
        return EntryPoint(StartKind.SCRIPT, script=command.name)
    return EntryPoint(StartKind.FUNCTION, command.module, command.attribute, command.name)


@dataclass(frozen=True)
class Variant:
    """One set of wheels and the Pythons that it serves."""

    pythons: tuple[str, ...]
    """As in `Target.python`: "cp39", "cp313t", oldest first; "cp310+" is that one and every newer (see pythons).

    A PyPy for which wheels are compiled has its ABI behind it: "pp311_pp73".
    """
    platform: str
    """As in `Target.platform`, or "any" where nothing in the set depends on the platform."""
    libc: Libc | None
    """The oldest C library on which these wheels run; None where they need none."""
    macos: tuple[int, int] | None
    """The oldest macOS on which these wheels run; None off macOS."""
    wheels: tuple[int, ...]
    """Indices into `Bundle.wheels`, in installation order."""


@dataclass(frozen=True)
class ZipDirectory:
    """The place of a zip's central directory: with it members are read without a search for the zip's end."""

    offset: int
    size: int
    """Bytes."""
    count: int
    """The number of members."""
    crc32: int
    """The CRC-32 of the directory. As the directory holds the members' CRCs, it covers their content too."""


NO_DIRECTORY = ZipDirectory(0, 0, 0, 0)

Frame: TypeAlias = tuple[int, int]
"""A frame of zstandard that holds a part of a wheel: its bytes in the file, and the bytes of the wheel in it."""


@dataclass(frozen=True)
class StoredWheel:
    """A wheel inside a built file: its sha256 and the place of its bytes."""

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
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    """As in `Wheel`."""
    recipe: tuple[int, int] = (0, 0)
    """The place of its recipe, where it has one: offset in the file, and bytes."""
    local: bool = False
    """As in `Wheel`."""
    bytecode_size: int = 0
    """Bytes of the bytecode of the wheel's modules in the file."""

    @property
    def zip_size(self) -> int:
        """Bytes of the zip that the wheel is; `size` are those in the file, which may hold it in frames."""
        return sum(content for _, content in self.frames) or self.size


@dataclass(frozen=True)
class Manifest:
    """The description inside a built file: PEX-INFO, read back."""

    build_id: str
    entry_point: EntryPoint
    variants: tuple[Variant, ...]
    wheels: tuple[StoredWheel, ...]
    own_pythons: tuple[StoredPython, ...]
    """The Pythons in the file; () where it needs one of the host."""
    requirements: tuple[str, ...]
    runs_on: str
    """The Pythons and platforms of `variants`, in words."""
    header: tuple[int, int]
    """The size and CRC-32 of the bytes before the first member."""
    pth: tuple[str, ...]
    """Names of the `.pth` files that lie directly in site-packages."""
    build_properties: Mapping[str, Any]
    """JSON values by name: the facts that the builder gave, and the version of pexlite that made the file."""
    facts: PexInfo = field(repr=False)
    """All of PEX-INFO, as parsed from JSON."""

    def __repr__(self) -> str:
        """One line, however much the file holds."""
        return _line(self, entry_point=str(self.entry_point), wheels=len(self.wheels), runs_on=self.runs_on)


@dataclass(frozen=True)
class BundledWheel:
    """A wheel of a bundle, as plain values without `packaging`."""

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
    """A file before it is written: all its bytes except those of wheels and Pythons."""

    build_id: str
    header: bytes = field(repr=False)
    wheels: tuple[BundledWheel, ...]
    wheel_headers: tuple[bytes, ...] = field(repr=False)
    """The bytes that come before each wheel."""
    rest: bytes = field(repr=False)
    """The bytes that come after the last wheel."""
    bytecode_size: int = 0
    """Bytes of these that are bytecode of wheels."""
    own_pythons: tuple[OwnPython, ...] = ()
    """The Pythons in the file, which come before the wheels."""
    own_python_headers: tuple[bytes, ...] = field(default=(), repr=False)
    """The bytes that come before each of them."""

    @property
    def size(self) -> int:
        """The size of the whole file in bytes."""
        own = len(self.header) + sum(map(len, (*self.own_python_headers, *self.wheel_headers))) + len(self.rest)
        return own + sum(one.size for one in self.own_pythons) + sum(wheel.size for wheel in self.wheels)


@dataclass(frozen=True)
class Decision:
    """Every decision about a file: writing it is mere copying."""

    draft: Draft
    name: str
    """The file's name, unless the request gives one."""
    targets: tuple[str, ...]
    """The requested targets, as "cp311 on linux_x86_64"."""
    platform: str
    """The file's tag, which takes the place of `{platform}` in its name."""
    variants: tuple[Variant, ...]
    runs_on: str
    """The Pythons and platforms of `variants`, in words."""
    entry_point: EntryPoint
    notices: tuple[str, ...]
    """Things worth knowing although nothing failed, one sentence each."""
    repeatable: bool
    """Whether request, lock and target alone determine the file: no other source was read that may change."""
    lock: str | None = None
    """The name of the lock's file that was followed; None where all was resolved."""
    lazy_imports: bool = False
    """Whether the app's imports are lazy on CPython 3.15 and newer, which the file runs on."""


@dataclass(frozen=True)
class BuildResult:
    """A finished build."""

    path: Path
    decision: Decision
    seconds: float = 0.0
    written: bool = True
    """False after a dry run: nothing is at `path`, and `size` and `build_id` are those the file would have."""

    def __repr__(self) -> str:
        """One line, however much the file holds."""
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
        """The file's size in bytes."""
        return self.decision.draft.size

    @property
    def build_id(self) -> str:
        """The name of the file's content in a cache; equal content has an equal id."""
        return self.decision.draft.build_id

    @property
    def wheels(self) -> tuple[BundledWheel, ...]:
        """The wheels in the file."""
        return self.decision.draft.wheels

    @property
    def own_pythons(self) -> tuple[OwnPython, ...]:
        """The Pythons in the file; () where it needs one of the host."""
        return self.decision.draft.own_pythons

    @property
    def lock(self) -> str | None:
        """The name of the lock's file that was followed, as "poetry.lock"; None where all was resolved."""
        return self.decision.lock

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets of the build, as "cp311 on linux_x86_64"."""
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
        """The file's entry point."""
        return self.decision.entry_point

    @property
    def notices(self) -> tuple[str, ...]:
        """Things worth knowing although nothing failed, one sentence each."""
        return self.decision.notices

    @functools.cached_property
    def sha256(self) -> str:
        """The file's sha256, in hex; computed on first use, since that takes longer than a build."""
        import hashlib

        with self.path.open("rb") as file:
            digest: str = hashlib.file_digest(file, "sha256").hexdigest()
        return digest


def _line(value: object, **shown: object) -> str:
    """`value` as its class and a few facts: "BuildResult(path='app.pex', size=1234, …)"."""
    return f"{type(value).__name__}({', '.join(f'{name}={fact!r}' for name, fact in shown.items())})"
