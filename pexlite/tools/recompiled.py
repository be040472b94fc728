"""Bytecode in a built file, compiled again by the Pythons of this machine, and compared."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pexlite.archive.runtime_files import room_sources
from pexlite.archive.stored_wheels import open_wheel
from pexlite.compile.bytecode import bytecode_of
from pexlite.compile.first_imports import sizes_in
from pexlite.compile.parts import room_of
from pexlite.compile.room import first_compiler
from pexlite.errors import PexliteError
from pexlite.listed import listed
from pexlite.model import Bundle, Bytecode, RoomBytecode, StoredWheel, Target, Wheel
from pexlite.model.pythons import known
from pexlite.parallel import each
from pexlite.store.store import Store, open_store
from pexlite.targets.interpreters import python_here, running_target
from pexlite.tools.remade import BuiltFile

_FIRST_NUMBERS = {7: 3390, 8: 3400, 9: 3420, 10: 3430}
_FIRST_BY_FIFTIES = 3450
_AHEAD = 2  # minor versions that are yet to come
_CHEAP = 1 << 20  # bytes of bytecode that are compiled again unasked: about a second of work


@dataclass(frozen=True)
class Recompiled:
    """The differences between a file's bytecode and what is compiled again of its wheels."""

    problems: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


@contextlib.contextmanager
def workshop() -> Iterator[Store]:
    """The user's store; where that cannot be written, one for this run alone."""
    with contextlib.ExitStack() as stack:
        try:
            store = open_store()
        except PexliteError:
            store = Store(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pexlite-"))))
        yield store


def compiled_start(built: BuiltFile, bundle: Bundle, store: Store) -> RoomBytecode | None:
    """The runtime as compiled by the Python that compiled the file's start; None where none here is that one."""
    magic = built.magic
    for target in _candidates(built, magic) if magic is not None else ():
        found = room_of(bundle, room_sources(), first_compiler([target]), store).bytecode
        if found and found.magic == magic:
            return found
    return None


def is_of_a_python_of_its(built: BuiltFile) -> bool:
    """Whether no Python compiled the file's start, or one did that the file is for."""
    magic, minors = built.magic, {tag.rstrip("t") for tag in _tags(built)}
    return magic is None or (magic[2:] == b"\r\n" and f"cp3{_minor_of(magic)}" in minors)


def recompiled(built: BuiltFile, wheels: Sequence[Wheel], store: Store, *, all_of_it: bool) -> Recompiled:
    """The comparison of the wheels' bytecode; where there is much of it, only with `all_of_it`."""
    packs = built.packs()
    if not all_of_it and sum(len(pack.content) for pack in packs) > _CHEAP:
        count = len({pack.wheel_sha256 for pack in packs})
        return Recompiled(unchecked=(f"the bytecode of {count} wheels; --lock and --strict compile it again",))
    compilers = {python: _compiler(python) for python in dict.fromkeys(pack.python for pack in packs)}
    missing = [python for python, target in compilers.items() if target is None]
    again = _Again(built, {wheel.sha256: wheel for wheel in wheels}, store)
    jobs = [
        functools.partial(again.problem, pack, target)
        for pack in packs
        if (target := compilers[pack.python]) is not None
    ]
    said = f"the bytecode for {listed(missing)}: no such Python is here that could make it again"
    return Recompiled(tuple(filter(None, each(jobs))), (said,) if missing else ())


class _Again:
    """The wheels of a file, to be compiled again."""

    def __init__(self, built: BuiltFile, wheels: dict[str, Wheel], store: Store) -> None:
        self._path = built.path
        self._stored = {wheel.sha256: wheel for wheel in built.manifest.wheels}
        self._wheels = wheels
        self._store = store
        self._has_all = built.has_all_bytecode

    def problem(self, pack: Bytecode, target: Target) -> str | None:
        """A line where `target` compiles something else of the wheel of `pack`."""
        wheel, stored = self._wheels[pack.wheel_sha256], self._stored[pack.wheel_sha256]
        with tempfile.TemporaryDirectory(prefix="pexlite-") as place:
            try:
                copy = replace(wheel, path=self._copied(stored, Path(place)))
                some = None if self._has_all else [path for path, _ in sizes_in(pack)]
                again = bytecode_of(copy, target, self._store, some)
            except zipfile.BadZipFile as problem:
                return f"the bytecode of {wheel.filename} for {pack.python}: {problem}"
            except PexliteError as failure:
                return f"{failure.message}, and the file has bytecode of it"
        if again.content == pack.content:
            return None
        version = target.environment["python_full_version"]
        return f"the bytecode of {wheel.filename} for {pack.python} is not what CPython {version} makes of it"

    def _copied(self, stored: StoredWheel, place: Path) -> Path:
        path = place / stored.filename
        with self._path.open("rb") as file, path.open("wb") as written:
            shutil.copyfileobj(open_wheel(file, stored), written)
        return path


def _candidates(built: BuiltFile, magic: bytes) -> Iterator[Target]:
    """Pythons here that may have compiled the start with this magic number, the running one first."""
    if magic == importlib.util.MAGIC_NUMBER:
        yield running_target()
    for tag in _tags(built):
        if tag.rstrip("t") == f"cp3{_minor_of(magic)}" and (found := _compiler(tag)) is not None:
            yield found


def _tags(built: BuiltFile) -> tuple[str, ...]:
    """The Pythons that the file is for, as tags."""
    tags = [tag for variant in built.manifest.variants for tag in known(variant.pythons, _AHEAD)]
    return tuple(dict.fromkeys([*(own.tag for own in built.manifest.own_pythons), *tags]))


def _minor_of(magic: bytes) -> int:
    """The minor version of the CPython with this magic number; 0 where that is none.

    Since 3.11 each has fifty numbers of its own (Include/internal/pycore_magic_number.h).
    """
    number = int.from_bytes(magic[:2], "little")
    if number >= _FIRST_BY_FIFTIES:
        return (number - 2900) // 50
    return max((minor for minor, first in _FIRST_NUMBERS.items() if number >= first), default=0)


def _compiler(python: str) -> Target | None:
    here = running_target()
    return here if here.python == python else python_here(python)
