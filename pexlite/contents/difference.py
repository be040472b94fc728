"""The difference of two files: wheels that came, went or changed, settings, and whether it means anything."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pexlite.archive.runtime_files import BILL
from pexlite.contents.values import FileContents, HeldFile, HeldWheel, Maker


class ChangeKind(enum.StrEnum):
    """The ways in which a wheel differs."""

    ADDED = "added"
    REMOVED = "removed"
    VERSION = "version"
    """Another version of the project."""
    OTHER = "other wheel"
    """Another wheel of the same version: for another platform, or built again."""
    PACKED = "packed otherwise"
    """The same files, packed or described in another way."""


@dataclass(frozen=True)
class FileChange:
    """A file that came, went or changed."""

    path: str
    old: HeldFile | None
    new: HeldFile | None


@dataclass(frozen=True)
class WheelChange:
    """A wheel that came, went or changed."""

    name: str
    kind: ChangeKind
    old: HeldWheel | None
    new: HeldWheel | None
    files: tuple[FileChange, ...]
    """The files that differ, by path; () where a side has been read without its files."""

    @property
    def means_something(self) -> bool:
        """Whether a start can tell it."""
        return self.kind is not ChangeKind.PACKED


@dataclass(frozen=True)
class SettingChange:
    """Something that a file says of itself, and the other says otherwise; "" where it says nothing."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Difference:
    """The differences between two files."""

    old: FileContents
    new: FileContents
    wheels: tuple[WheelChange, ...]
    """By project."""
    settings: tuple[SettingChange, ...]
    """The entry point, what was asked for, where it runs, own Pythons, launch settings and properties."""
    own_files: tuple[FileChange, ...]
    """Code beside the wheels, which pex puts there."""
    only: tuple[str, ...]
    """In which ways the files differ although they mean the same: "runtime", "bytecode", "packing", "order",
    "bill of materials"."""
    same_bytes: bool

    @functools.cached_property
    def is_empty(self) -> bool:
        """Whether both do the same: their bytes may differ."""
        return not (any(one.means_something for one in self.wheels) or self.settings or self.own_files)

    @functools.cached_property
    def by_kind(self) -> Mapping[ChangeKind, tuple[WheelChange, ...]]:
        """The changes of each kind."""
        return {kind: tuple(one for one in self.wheels if one.kind is kind) for kind in ChangeKind}


def difference(old: FileContents, new: FileContents, *, same_bytes: bool = False) -> Difference:
    """The differences between `old` and `new`; `same_bytes` says that the two files are byte for byte alike."""
    wheels = tuple(_wheel_changes(old, new))
    beside = () if Maker.PEXLITE in (old.maker, new.maker) else _file_changes(old.own_code, new.own_code)
    return Difference(
        old=old,
        new=new,
        wheels=wheels,
        settings=tuple(_setting_changes(old, new)),
        own_files=beside,
        only=() if same_bytes else tuple(_ways(old, new, wheels)),
        same_bytes=same_bytes,
    )


# -- wheels ---------------------------------------------------------------------------------------


def _wheel_changes(old: FileContents, new: FileContents) -> Iterator[WheelChange]:
    for name in sorted({*old.by_name, *new.by_name}):
        for before, after in _pairs(old.by_name.get(name, ()), new.by_name.get(name, ())):
            kind = _kind(before, after)
            if kind is not None:
                yield WheelChange(name, kind, before, after, _files_of(before, after))


def _pairs(
    old: Sequence[HeldWheel], new: Sequence[HeldWheel]
) -> Iterator[tuple[HeldWheel | None, HeldWheel | None]]:
    """The wheels of one project two by two: the same ones first, then those for the same platform, then others."""
    left, right = list(old), list(new)
    for alike in (_identity, lambda one: one.filename, lambda one: one.tags, lambda one: one.name):
        for before in list(left):
            after = next((one for one in right if alike(one) == alike(before)), None)
            if after is not None:
                left.remove(before)
                right.remove(after)
                yield before, after
    yield from ((one, None) for one in left)
    yield from ((None, one) for one in right)


def _identity(wheel: HeldWheel) -> object:
    return wheel.served_sha256 or wheel.filename


def _kind(old: HeldWheel | None, new: HeldWheel | None) -> ChangeKind | None:
    if old is None or new is None:
        return ChangeKind.ADDED if old is None else ChangeKind.REMOVED
    if old.sha256 and old.sha256 == new.sha256:
        return ChangeKind.OTHER if old.only_on != new.only_on else None
    if old.version != new.version:
        return ChangeKind.VERSION
    same = old.served_sha256 == new.served_sha256 if old.served_sha256 and new.served_sha256 else False
    if same or (old.files and _content(old) == _content(new)):
        # Of files of shiv and pex nobody knows the digests of wheels: equal files are all that can be compared.
        return ChangeKind.PACKED if old.sha256 or new.sha256 else None
    return ChangeKind.OTHER


def _content(wheel: HeldWheel) -> frozenset[tuple[str, int, int]]:
    """The files that matter: installers write others, and describe anew what they have installed."""
    return frozenset((one.path, one.size, one.crc32) for one in wheel.files if not _is_of_installers(one.path))


_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def _is_of_installers(path: str) -> bool:
    """Whether it is a file that pip or pex writes when it installs a wheel, or puts elsewhere."""
    own = path.endswith(tuple(f".dist-info/{name}" for name in _INSTALLERS)) or ".pex-info/" in path
    return own or path == ".layout.json" or path.endswith(".pyc") or path.startswith((".prefix/", "bin/"))


def _files_of(old: HeldWheel | None, new: HeldWheel | None) -> tuple[FileChange, ...]:
    if (old and not old.files) or (new and not new.files):
        return ()
    return _file_changes(old.files if old else (), new.files if new else ())


def _file_changes(old: Sequence[HeldFile], new: Sequence[HeldFile]) -> tuple[FileChange, ...]:
    before, after = {one.path: one for one in old}, {one.path: one for one in new}
    changes = []
    for path in sorted({*before, *after}):
        one, other = before.get(path), after.get(path)
        if one is None or other is None or (one.size, one.crc32) != (other.size, other.crc32):
            changes.append(FileChange(path, one, other))
    return tuple(changes)


# -- all else -------------------------------------------------------------------------------------


def _setting_changes(old: FileContents, new: FileContents) -> Iterator[SettingChange]:
    for name, before, after in (
        ("maker", old.maker, new.maker),
        ("starts", old.entry_point or "a Python interpreter", new.entry_point or "a Python interpreter"),
        ("runs on", old.runs_on, new.runs_on),
        ("asked for", ", ".join(old.requirements), ", ".join(new.requirements)),
        ("own Python", _own_pythons(old), _own_pythons(new)),
    ):
        if before != after:
            yield SettingChange(name, before, after)
    for prefix, left, right in (("", old.settings, new.settings), ("property ", old.properties, new.properties)):
        for name in sorted({*left, *right}):
            if left.get(name, "") != right.get(name, ""):
                yield SettingChange(f"{prefix}{name}", left.get(name, ""), right.get(name, ""))


def _own_pythons(contents: FileContents) -> str:
    return ", ".join(
        f"CPython {own.version} for {own.platform} ({own.sha256[:12]})" for own in contents.own_pythons
    )


def _ways(old: FileContents, new: FileContents, wheels: Sequence[WheelChange]) -> Iterator[str]:
    """The ways in which the bytes differ and the meaning does not."""
    before, after = _runtime(old), _runtime(new)
    runtime = before != after or old.maker_version != new.maker_version
    if runtime:
        yield "runtime"
    bytecode = [sorted((one.sha256, one.bytecode_size) for one in side.wheels) for side in (old, new)]
    if bytecode[0] != bytecode[1] and (old.bytecode_size or new.bytecode_size):
        yield "bytecode"
    packed = any(one.kind is ChangeKind.PACKED for one in wheels)
    if packed:
        yield "packing"
    bills = [[one.crc32 for one in side.own_files if one.path == BILL] for side in (old, new)]
    if bills[0] != bills[1]:
        yield "bill of materials"
    elif not wheels and not runtime and old.bytecode_size == new.bytecode_size:
        yield "order"


def _runtime(contents: FileContents) -> Mapping[str, int]:
    # Where wheels lie is written into these; so they differ with any wheel.
    moved = ("PEX-INFO", "__main__.py", "__main__.pyc")
    return {one.path: one.crc32 for one in contents.own_files if one.path not in moved and one.path[0] != "."}
