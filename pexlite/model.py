"""The frozen values everything passes along, in the order in which they come to be.

One list, however many lines it takes: whoever looks for a noun looks here.
"""

from __future__ import annotations

import enum
import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.markers import Environment, Marker
from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

# -- what was asked for --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """Where distributions come from. None and () mean: nothing was said here."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    prereleases: bool = False
    uploaded_prior_to: str | None = None
    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    client_certificate: Path | None = None
    proxy: str | None = None
    timeout: float = 15.0
    """Seconds without a byte before a connection is given up."""
    retries: int = 5
    keyring_provider: str | None = None


class InheritPath(enum.StrEnum):
    """Whether the host's own packages are importable: never, after the bundle's, or before them."""

    FALSE = "false"
    FALLBACK = "fallback"
    PREFER = "prefer"


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """What is sealed into the file about how it starts."""

    shebang: str = "/usr/bin/env python3"
    sh_boot: bool = False
    inherit_path: InheritPath = InheritPath.FALSE
    bin_path: str = "off"
    """"off", "prepend" or "append": the bundle's scripts on PATH for child processes."""
    inject_args: tuple[str, ...] = ()
    inject_env: tuple[tuple[str, str], ...] = ()
    inject_python_args: tuple[str, ...] = ()
    pex_root: str | None = None
    """The cache directory baked in (`--runtime-pex-root`); None is `~/.pex`."""


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """One build, as it was asked for. Relative paths are relative to `directory`."""

    directory: Path
    inputs: tuple[str, ...] = ()
    """Requirements, paths of projects, packages, wheels, sdists and scripts, as they were typed."""
    requirement_files: tuple[str, ...] = ()
    """Paths or URLs of `-r` files: requirements.txt, pylock.toml or pyproject.toml."""
    constraint_files: tuple[str, ...] = ()
    source_directories: tuple[Path, ...] = ()
    script: Path | None = None
    """`--exe`: the application is this file."""
    lock: Path | None = None
    locked: bool = False
    """Fail when the lock does not fit the requirements, or there is none."""
    ignore_locks: bool = False
    """Whether a lock beside the local project is not looked for."""
    excluded: tuple[str, ...] = ()
    """`--exclude`: requirements that stay out, with what only they need."""
    overrides: tuple[str, ...] = ()
    """`--override`: requirements that take the place of all others on their projects."""
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    """`-c`: names of console scripts, or `module:function`."""
    entry_point: str | None = None
    """`-e`: `module` or `module:function`."""
    pythons: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    index: IndexSettings = field(default_factory=IndexSettings)
    """What was said on the command line only; pip's configuration is merged in by `resolve.index`."""
    resolver: str = "auto"
    launch: LaunchOptions = field(default_factory=LaunchOptions)
    output: Path | None = None
    strict: bool = False
    """Whether wheels that bring different files under one name are an error."""
    dry_run: bool = False


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


# -- where it runs -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Libc:
    """The C library a platform has: `name` is "glibc" or "musl", `version` as (major, minor)."""

    name: str
    version: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Target:
    """One Python on one platform: all that resolving and choosing wheels needs to know about it."""

    python: str
    """Implementation and version as in tags: "cp311", "cp313t" (free-threaded), "pp310"."""
    platform: str
    """System and machine: "linux_x86_64", "macosx_arm64", "win_amd64"."""
    libc: Libc | None
    """What the platform offers; None off Linux."""
    tags: tuple[Tag, ...]
    """Supported tags, best first (PEP 425)."""
    environment: Environment
    """The marker variables (PEP 508), all of them."""
    interpreter: Path | None = None
    """The Python itself where it is on this machine."""

    @property
    def name(self) -> str:
        """How messages call it: "cp311 on linux_x86_64"."""
        return f"{self.python} on {self.platform}"


# -- what goes in --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Wheel:
    """A wheel in the store, with everything later stages ask about it, so that none opens it again."""

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
    """CRC-32 of the whole wheel file, as a zip that stores it needs it."""
    requires_dist: tuple[Requirement, ...]
    requires_python: SpecifierSet | None
    entry_points: Mapping[str, Mapping[str, str]]
    """Group to name to object reference, as entry_points.txt has them."""
    files: tuple[str, ...]
    """Every member's name, directories left out."""
    unpacked_size: int = 0
    provides_extra: tuple[str, ...] = ()
    """As METADATA spells them."""
    local: bool = False
    """Made on this machine from a project, package, module or script of the person who builds."""


class StartKind(enum.StrEnum):
    """What a file does when it is started."""

    FUNCTION = "function"
    MODULE = "module"
    SCRIPT = "script"
    INTERPRETER = "interpreter"


@dataclass(frozen=True)
class EntryPoint:
    """What a start runs: `module` and `attribute` of a function, a module, a file in bin/, or nothing."""

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
class Bundle:
    """Everything that is in a built file, decided."""

    wheels: tuple[Wheel, ...]
    variants: tuple[Variant, ...]
    entry_point: EntryPoint
    launch: LaunchOptions
    requirements: tuple[str, ...]
    """What was asked for, as people wrote it, without paths of this machine or credentials."""
    pth_files: tuple[str, ...]
    """Names of the `.pth` files that lie directly in site-packages, sorted."""
    runs_on: str = ""
    """The Pythons and platforms of `variants`, in words."""
    amendments: Amendments = field(default_factory=Amendments)


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


@dataclass(frozen=True)
class Manifest:
    """What a built file says of itself: PEX-INFO, read back."""

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
class BuildResult:
    """A finished build."""

    path: Path
    size: int
    """Bytes."""
    build_id: str
    wheels: tuple[Wheel, ...]
    targets: tuple[Target, ...]
    variants: tuple[Variant, ...]
    runs_on: str
    """The Pythons and platforms of `variants`, in words."""
    entry_point: EntryPoint
    notices: tuple[str, ...] = ()
    """Things the person should know though nothing failed, one sentence each."""
    seconds: float = 0.0
    written: bool = True
    """False after a dry run: nothing is at `path`, and `size` and `build_id` are what they would be."""

    @functools.cached_property
    def sha256(self) -> str:
        """Of the file, in hex; read when first asked for, since that takes longer than a build."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


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


# -- progress ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """A step forward: `done` of `total` in the unit of the stage (bytes when fetching), None when unknown."""

    stage: str
    """"targets", "local", "resolve", "fetch", "build" or "write"."""
    message: str
    done: int | None = None
    total: int | None = None


Report = Callable[[Progress], None]


def no_report(progress: Progress) -> None:
    """Takes a step forward and tells nobody."""
