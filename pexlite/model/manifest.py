"""PEX-INFO and the facts in `__main__`, key by key: what a file says of itself.

Who writes them names these types. docs/file.md says what the values mean; tests hold that page and all readers,
the runtime among them, to the keys here.
"""

# Without annotations from __future__: as texts they would hide from TypedDict which keys may be missing.
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypeAlias, TypedDict

FORMAT = 3
"""The number of the form that is written, and the only one that is read."""

Place: TypeAlias = tuple[int, ...]
"""Where the bytes of a member are in a file: offset, how many, their CRC-32; empty where there is none."""


class CommandEntry(TypedDict):
    """One of several commands that a file is."""

    name: str
    module: str
    attribute: str
    summary: str


class StartEntry(TypedDict):
    """The start of a file."""

    kind: str
    module: str
    attribute: str
    script: str
    commands: NotRequired[Sequence[CommandEntry]]


class VariantEntry(TypedDict):
    """A set of wheels, and the Pythons and platforms that it serves."""

    pythons: Sequence[str]
    platform: str
    libc: Sequence[object] | None
    macos: Sequence[int] | None
    wheels: Sequence[int]


class BytecodeEntry(TypedDict):
    """The bytecode of one wheel for one Python."""

    offset: int
    size: int
    directory: Sequence[int]


class WheelEntry(TypedDict):
    """A wheel in the file."""

    name: str
    sha256: str
    offset: int
    size: int
    unpacked: int
    directory: Sequence[int]
    scripts: Mapping[str, str]
    local: NotRequired[bool]
    repacked_from: NotRequired[str]
    zstd: NotRequired[Sequence[Sequence[int]]]
    recipe: NotRequired[Sequence[int]]
    bytecode: NotRequired[Mapping[str, BytecodeEntry]]


class InterpreterEntry(TypedDict):
    """A Python in the file: the fields of `InterpreterArchive`, and its place."""

    offset: int
    sha256: str
    crc32: int
    size: int
    unpacked: int
    version: str
    tag: str
    platform: str
    libc: Sequence[object] | None
    loader: str
    program: str
    source: str
    source_sha256: str
    form: str
    licence: str


class Described(TypedDict):
    """The part of "pexlite" in PEX-INFO that does not depend on the build id."""

    format: int
    runs_on: str
    start: StartEntry
    bin_path: str
    sh_boot: bool
    pth: Sequence[str]
    variants: Sequence[VariantEntry]
    wheels: Sequence[WheelEntry]
    lazy_imports: NotRequired[Sequence[str]]
    interpreters: NotRequired[Sequence[InterpreterEntry]]
    prefer_host: NotRequired[bool]
    launcher: NotRequired[str]
    start_lists: NotRequired[Sequence[Sequence[str]]]
    start_libraries: NotRequired[Sequence[Sequence[str]]]
    imports: NotRequired[Sequence[str]]
    compiled: NotRequired[str]


class OwnTable(Described):
    """The table "pexlite" in PEX-INFO."""

    build_id: str
    header: Sequence[int]


class PexFields(TypedDict):
    """The fields of PEX-INFO whose names and meanings are pex's."""

    build_properties: Mapping[str, Any]
    distributions: Mapping[str, str]
    requirements: Sequence[str]
    excluded: Sequence[str]
    overridden: Sequence[str]
    entry_point: str | None
    script: str | None
    inherit_path: str
    inject_args: Sequence[str]
    inject_env: Sequence[Sequence[str]]
    inject_python_args: Sequence[str]
    pex_root: str | None


class PexInfo(PexFields):
    """PEX-INFO."""

    code_hash: str
    pexlite: OwnTable


class StartFacts(TypedDict):
    """The facts in `__main__`, which a start needs: all of them literals."""

    build_id: str
    pex_root: str | None
    start: tuple[str, ...]
    commands: NotRequired[Mapping[str, tuple[str, str, str]]]
    script: str
    not_lazy: NotRequired[tuple[str, ...]]
    pth: tuple[str, ...]
    inherit_path: str
    bin_path: str
    inject_args: tuple[str, ...]
    inject_env: tuple[tuple[str, str], ...]
    inject_python_args: tuple[str, ...]
    sh_boot: bool
    own: tuple[tuple[str, str, str], ...]
    prefer_host: bool
    spark: str
    plain: bool
    pythons: tuple[str, ...]
    runs_on: str
    room: Place
    compiled: Place
