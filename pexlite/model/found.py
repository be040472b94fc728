"""Targets and wheels, and the bundle that is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

from pexlite.model.file import NO_DIRECTORY, EntryPoint, Libc, Variant, ZipDirectory
from pexlite.model.request import LaunchOptions
from pexlite.model.specification import Amendments
from pexlite.model.tree import InstalledTree


@dataclass(frozen=True, eq=False)
class Target:
    """One Python on one platform, with all that is needed to resolve and choose wheels for it."""

    python: str
    """Implementation and version as in tags: "cp311", "cp313t" (free-threaded), "pp310"."""
    platform: str
    """System and machine: "linux_x86_64", "macosx_arm64", "win_amd64"."""
    libc: Libc | None
    """The C library of the platform; None off Linux."""
    tags: tuple[Tag, ...]
    """Supported tags, best first (PEP 425)."""
    environment: Environment
    """The marker variables (PEP 508), all of them."""
    interpreter: Path | None = None
    """The Python's executable where it is on this machine."""
    any_patch: bool = False
    """Whether no patch release was named, so that X.Y.0 in `environment` stands for all of them."""

    @property
    def name(self) -> str:
        """The target's name in messages: "cp311 on linux_x86_64"."""
        return f"{self.python} on {self.platform}"

    @property
    def minor(self) -> int:
        """11 of Python 3.11."""
        return int(self.environment["python_version"].partition(".")[2])

    def takes(self, bound: SpecifierSet | None) -> bool:
        """Whether the Requires-Python `bound` lets this Python in or, where `any_patch`, any of its releases.

        cryptography 47 asks for >=3.8 without 3.9.0 and 3.9.1: whoever names 3.9 means another.
        """
        if bound is None or bound.contains(self.environment["python_full_version"], prereleases=True):
            return True
        return self.any_patch and bound.contains(f"{self.environment['python_version']}.99")


@dataclass(frozen=True, eq=False)
class Wheel:
    """A wheel in the store, with everything later stages ask about it, so that none has to open it again."""

    name: NormalizedName
    version: Version
    filename: str
    """As the wheel specification has it: `name-version[-build]-python-abi-platform.whl`."""
    build: tuple[()] | tuple[int, str]
    tags: frozenset[Tag]
    path: Path
    sha256: str
    size: int
    """Bytes of the wheel file."""
    crc32: int
    """CRC-32 of the whole wheel file, which a zip that stores it needs."""
    requires_dist: tuple[Requirement, ...]
    requires_python: SpecifierSet | None
    entry_points: Mapping[str, Mapping[str, str]]
    """Group to name to object reference, as entry_points.txt has them."""
    files: tuple[str, ...]
    """Every member's name, directories left out."""
    sizes: tuple[int, ...]
    """Of each of `files`, unpacked, in bytes."""
    unpacked_size: int = 0
    directory: ZipDirectory = NO_DIRECTORY
    provides_extra: tuple[str, ...] = ()
    """As METADATA spells them."""
    local: bool = False
    """Whether it was made on this machine from the builder's own project, package, module or script."""
    unlike_record: tuple[str, ...] = ()
    """Members of .dist-info that are not what RECORD says."""
    repacked_from: str = ""
    """The sha256 of the original wheel, where this one was rewritten; "" where it is the original."""

    @property
    def scripts(self) -> Mapping[str, str]:
        """Console and GUI scripts: name to object reference."""
        return {**self.entry_points.get("gui_scripts", {}), **self.entry_points.get("console_scripts", {})}

    @property
    def times_its_size(self) -> float:
        """The ratio of unpacked size to size."""
        return self.unpacked_size / max(1, self.size)

    @property
    def is_outsized(self) -> bool:
        """Whether it unpacks to so much more than its size that it may be meant to fill a disk."""
        return self.unpacked_size > _MOST_BYTES or (
            self.unpacked_size > _UNREMARKABLE and self.times_its_size > _MOST_TIMES
        )


# Of 1,300 wheels of the index none has a ratio over 18, and none unpacks to over 4 GB.
_UNREMARKABLE = 200_000_000  # bytes, which fill no disk whatever the ratio is
_MOST_TIMES = 60
_MOST_BYTES = 30_000_000_000


class Import(NamedTuple):
    """An import in own code, which works without it only where it is not reached."""

    member: str
    """The file that it stands in, as it is named in its wheel: "weather.py"."""
    module: str
    """As it is written: "yaml", "google.cloud"."""
    names: tuple[str, ...] = ()
    """The names that are taken from the module; () where the module itself is imported."""
    instead_of: tuple[tuple[str, ...], ...] = ()
    """Modules that are tried before: it is reached where of each of these groups one is missing."""


@dataclass(frozen=True)
class Bytecode:
    """The bytecode that one Python compiles from a wheel's modules."""

    python: str
    """As in `Target.python`."""
    wheel_sha256: str
    content: bytes
    """A zip of `__pycache__` files, at their paths in site-packages."""
    directory: ZipDirectory


@dataclass(frozen=True)
class RoomBytecode:
    """The runtime's modules as one Python compiles them."""

    magic: bytes
    """That Python's `importlib.util.MAGIC_NUMBER`: any other takes the sources."""
    main: bytes
    """The program that checks the start, as `marshal` writes its code, with a text in the start's place."""
    start: bytes
    """The start likewise, with a text in the place of a file's facts."""
    modules: tuple[tuple[str, bytes], ...]
    """The path of each module in the room, as "app/launch.py", and its code, as `marshal` writes it."""


@dataclass(frozen=True)
class Room:
    """The runtime room as a file carries it."""

    files: tuple[tuple[str, str], ...]
    """The path of each file in the room, and its text."""
    bytecode: RoomBytecode | None
    """None where no Python has compiled it."""


@dataclass(frozen=True)
class Bundle:
    """Everything that goes into a built file, decided."""

    wheels: tuple[Wheel, ...]
    variants: tuple[Variant, ...]
    trees: tuple[InstalledTree, ...]
    """The tree of each of `variants`."""
    entry_point: EntryPoint
    launch: LaunchOptions
    requirements: tuple[str, ...]
    """The requirements as people wrote them, without paths of this machine or credentials."""
    pth_files: tuple[str, ...]
    """Names of the `.pth` files that lie directly in site-packages, sorted."""
    runs_on: str = ""
    """The Pythons and platforms of `variants`, in words."""
    amendments: Amendments = field(default_factory=Amendments)
