"""Targets and wheels, and the bundle made of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import Environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

from pexlite.model.file import NO_DIRECTORY, EntryPoint, Frame, Libc, StartKind, Variant, ZipDirectory
from pexlite.model.own_python import OwnPython
from pexlite.model.request import LaunchOptions
from pexlite.model.specification import Amendments
from pexlite.model.tree import InstalledTree


@dataclass(frozen=True, eq=False)
class Target:
    """One Python on one platform, with all that resolving and choosing wheels needs."""

    python: str
    """Implementation and version as in tags: "cp311", "cp313t" (free-threaded), "pp310"."""
    platform: str
    """System and machine: "linux_x86_64", "macosx_arm64", "win_amd64"."""
    libc: Libc | None
    """The C library of the platform; None off Linux."""
    tags: tuple[Tag, ...]
    """The supported tags, best first (PEP 425)."""
    environment: Environment
    """All marker variables (PEP 508)."""
    interpreter: Path | None = None
    """The Python's executable if it is on this machine."""
    any_patch: bool = False
    """Whether no patch release was named: then X.Y.0 in `environment` stands for every X.Y release."""

    @property
    def name(self) -> str:
        """The target's name in messages: "cp311 on linux_x86_64"."""
        return f"{self.python} on {self.platform}"

    @property
    def minor(self) -> int:
        """The minor version: 11 for Python 3.11."""
        return int(self.environment["python_version"].partition(".")[2])

    def takes(self, bound: SpecifierSet | None) -> bool:
        """Whether the Requires-Python `bound` admits this Python or, with `any_patch`, any of its patch releases.

        cryptography 47 requires >=3.8 without 3.9.0 and 3.9.1: `--python 3.9` must still get it.
        """
        if bound is None or bound.contains(self.environment["python_full_version"], prereleases=True):
            return True
        return self.any_patch and bound.contains(f"{self.environment['python_version']}.99")


@dataclass(frozen=True, eq=False)
class Wheel:
    """A wheel in the store, with all facts that later stages need, so that none opens it again."""

    name: NormalizedName
    version: Version
    filename: str
    """The file name of the wheel specification: `name-version[-build]-python-abi-platform.whl`."""
    build: tuple[()] | tuple[int, str]
    tags: frozenset[Tag]
    path: Path
    sha256: str
    size: int
    """Bytes of the wheel file."""
    crc32: int
    """The CRC-32 of the wheel file, which a zip that stores it needs."""
    requires_dist: tuple[Requirement, ...]
    requires_python: SpecifierSet | None
    entry_points: Mapping[str, Mapping[str, str]]
    """Group to name to object reference, as entry_points.txt has them."""
    files: tuple[str, ...]
    """All members' names, without directories."""
    sizes: tuple[int, ...]
    """The unpacked size of each of `files`, in bytes."""
    unpacked_size: int = 0
    directory: ZipDirectory = NO_DIRECTORY
    provides_extra: tuple[str, ...] = ()
    """The extras, spelled as in METADATA."""
    local: bool = False
    """Whether it was made on this machine from local code: a project, package, module or script."""
    unlike_record: tuple[str, ...] = ()
    """Members that RECORD leaves out or gives another size, members of .dist-info with another digest, and files
    that only RECORD knows."""
    record_dialects: tuple[str, ...] = ()
    """The ways, in words, in which RECORD is not written as the specification says: "digests in hex"."""
    repacked_from: str = ""
    """The sha256 of the original wheel if this one was rewritten, else ""."""
    recipe: bytes = field(default=b"", repr=False)
    """The recipe that makes the original wheel again of one that was rewritten (`ship/served.py`)."""
    pieces: bytes = field(default=b"", repr=False)
    """The index of its large members' pieces (`wheels/pieces.py`); empty where there is none, or nobody asked."""
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    """The frames of zstandard in which a file holds the wheel, in order (`archive/frames.py`); () where it lies
    there as it is. With frames, `sha256`, `size` and `crc32` are those of the frames together."""
    packed: Path | None = None
    """The file of these frames in the store; `path` is the wheel itself."""

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
        """Whether it unpacks to so much more than its size that it may be a zip bomb."""
        return self.unpacked_size > _MOST_BYTES or (
            self.unpacked_size > _UNREMARKABLE and self.times_its_size > _MOST_TIMES
        )


# Of 1,300 wheels of the index none has a ratio over 18, and none unpacks to over 4 GB.
_UNREMARKABLE = 200_000_000  # bytes, which fill no disk whatever the ratio is
_MOST_TIMES = 60
_MOST_BYTES = 30_000_000_000

_SPARK = ("pyspark", "pyspark-client")  # the names of the wheels that have it


class Import(NamedTuple):
    """An import in local code that the code needs, unless it is never reached."""

    member: str
    """The importing file, by its name in the wheel: "weather.py"."""
    module: str
    """The module as the code has it: "yaml", "google.cloud"."""
    names: tuple[str, ...] = ()
    """The names imported from the module; () where the module itself is imported."""
    instead_of: tuple[tuple[str, ...], ...] = ()
    """Groups of modules tried first: the import is reached if each group lacks one of its modules."""


class Extent(enum.StrEnum):
    """How much of a file's code is in it as bytecode too, beside the runtime's start."""

    NONE = "none"
    FIRST = "first"
    """Of the runtime and of what the entry point imports, as much as adds less than a quarter."""
    ALL = "all"


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
    """This Python's `importlib.util.MAGIC_NUMBER`; Pythons with another one use the sources."""
    main: bytes
    """The marshalled code of the program that checks the start, with a placeholder for the start."""
    start: bytes
    """The marshalled code of the start, with a placeholder for a file's facts."""
    modules: tuple[tuple[str, bytes], ...]
    """Each module's path in the room, as "app/launch.py", with its marshalled code."""


@dataclass(frozen=True)
class Room:
    """The runtime room, as a file carries it."""

    files: tuple[tuple[str, str], ...]
    """Each file's path in the room, with its text."""
    bytecode: RoomBytecode | None
    """None where no Python compiled it."""
    launchers: tuple[tuple[str, bytes], ...] = ()
    """The programs that start console scripts on Windows, each with its path in the file."""


@dataclass(frozen=True)
class Bundle:
    """Everything that goes into a built file."""

    wheels: tuple[Wheel, ...]
    variants: tuple[Variant, ...]
    trees: tuple[InstalledTree, ...]
    """The tree of each of `variants`."""
    entry_point: EntryPoint
    launch: LaunchOptions
    requirements: tuple[str, ...]
    """The requirements in alphabetical order, each once, without paths of this machine or credentials."""
    startup_files: tuple[str, ...]
    """Names of the `.pth` and `.start` files that lie directly in site-packages, sorted."""
    runs_on: str = ""
    """The Pythons and platforms of `variants`, in words."""
    amendments: Amendments = field(default_factory=Amendments)
    build_properties: Mapping[str, Any] = field(default_factory=dict)
    """JSON values by name: what the builder wants the file to say of itself."""
    own_pythons: tuple[OwnPython, ...] = ()
    """The Pythons that the file carries, one for each of its platforms; () where it needs one of the host."""
    start_lists: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """For each of `variants` the files that a start needs first: "<wheel> <path in the unpacked wheel>"."""
    start_libraries: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """Those of `start_lists` that a start can wait for one by one, in the order in which they are to come."""
    imports: tuple[str, ...] = field(default=(), repr=False)
    """The paths in site-packages of the modules that a start always imports, in the order in which it does."""
    perhaps_imports: tuple[str, ...] = field(default=(), repr=False)
    """Such paths of what is imported under a condition, or by no import that is seen."""
    extent: Extent = Extent.NONE
    """How much bytecode goes in."""
    bill: bytes = field(default=b"", repr=False)
    """The bill of materials that the file carries of itself (CycloneDX, JSON); empty where it has none."""

    @property
    def spark(self) -> str:
        """The version of PySpark among the wheels, "" where there is none."""
        return next((str(wheel.version) for wheel in self.wheels if wheel.name in _SPARK), "")

    @property
    def is_plain(self) -> bool:
        """Whether a start has nothing to do but call the entry point."""
        start = self.entry_point
        in_process = start.kind in (StartKind.FUNCTION, StartKind.MODULE)
        calls = in_process or (bool(start.commands) and all(command.module for command in start.commands))
        return calls and not self.spark and self.launch.are_plain
