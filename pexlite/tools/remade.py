"""Own members of a built file, made again from its PEX-INFO and its wheels, and compared byte by byte.

Builds are reproducible, so whatever another build of the same wheels with the same settings would not write is a
difference. Only what a member is made by can be missing here: the pexlite that made the file, or the Python.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import BinaryIO

from packaging.requirements import InvalidRequirement, Requirement

from pexlite.archive.compiled_main import main_bytecode
from pexlite.archive.frame import Frame, content, held
from pexlite.archive.header import header
from pexlite.archive.layout import room_members
from pexlite.archive.member import (
    PACKS,
    PIECES,
    RECIPES,
    TREES,
    Entry,
    bytecode_name,
    held_content,
    pieces_of,
    recipes_of,
)
from pexlite.archive.pex_info import Offsets, build_id, imported_module, main_module, pex_info, start_facts
from pexlite.archive.runtime_files import BILL, COMPILED, IMPORTED, ROOM, room_sources
from pexlite.archive.sealed_launch import sealed_launch
from pexlite.archive.windows_launchers import FOLDER, windows_launchers
from pexlite.bundle.plan import startup_files
from pexlite.bundle.runs_on import runs_on, runs_on_its_own
from pexlite.bundle.tree import trees_of
from pexlite.errors import PexliteError
from pexlite.model import (
    Amendments,
    Bundle,
    Bytecode,
    Extent,
    InstalledTree,
    Kind,
    Manifest,
    OwnPython,
    Room,
    RoomBytecode,
    Wheel,
    ZipDirectory,
)
from pexlite.model.manifest import Place
from pexlite.model.own_python import InterpreterArchive
from pexlite.model.tree import read_tree
from pexlite.version import __version__

_BY_PYTHON = ("__main__.pyc", COMPILED)
"""The members that one Python has compiled."""


@dataclass(frozen=True)
class BuiltFile:
    """An open file whose frame is whole."""

    path: Path
    file: BinaryIO
    manifest: Manifest
    frame: Frame

    @property
    def made_by(self) -> str:
        """The pexlite that it says made it."""
        return str(self.manifest.build_properties.get("pexlite_version"))

    @property
    def is_of_this_version(self) -> bool:
        """Whether it says that this pexlite made it."""
        return self.made_by == __version__

    @property
    def header(self) -> bytes:
        """The bytes before the first member."""
        self.file.seek(0)
        return self.file.read(self.manifest.header[0])

    @property
    def own(self) -> tuple[Entry, ...]:
        """The members that are neither Pythons nor wheels."""
        parts = len(self.manifest.own_pythons) + len(self.manifest.wheels)
        return self.frame.members[parts if self.frame.before == 0 else 0 :]

    def content(self, name: str) -> bytes | None:
        """The content of a member of its own; None without it. Raises zipfile.BadZipFile."""
        entry = self.frame.member(name)
        return None if entry is None else content(self.file, self.frame, entry)

    @property
    def magic(self) -> bytes | None:
        """The magic number of the Python that compiled its start; None where none did."""
        compiled = self.content("__main__.pyc")
        return None if compiled is None else compiled[:4]

    @property
    def has_all_bytecode(self) -> bool:
        """Whether it says that it has the bytecode of all modules."""
        return self.manifest.facts["pexlite"].get("compiled") == Extent.ALL

    def unreadable(self) -> Iterator[str]:
        """A line for each part of its own that is damaged."""
        if zlib.crc32(self.header) != self.manifest.header[1]:
            yield "its first lines have changed"
        for entry in self.own:
            try:
                content(self.file, self.frame, entry)
            except zipfile.BadZipFile as problem:
                yield str(problem)

    def packs(self) -> tuple[Bytecode, ...]:
        """The bytecode of its wheels, as a build orders it."""
        found = []
        for entry in self.manifest.facts["pexlite"]["wheels"]:
            for python, pack in entry.get("bytecode", {}).items():
                directory = ZipDirectory(*pack["directory"])
                named = Bytecode(python, entry["sha256"], b"", directory)
                text = self.content(bytecode_name(named)) or b""
                found.append(Bytecode(python, entry["sha256"], text, directory))
        return tuple(sorted(found, key=lambda pack: (pack.python, pack.wheel_sha256)))


@dataclass(frozen=True)
class Remade:
    """The differences between a file and what is made again of it."""

    problems: tuple[str, ...]
    unchecked: tuple[str, ...]
    """The parts that could not be made here, in words."""


def remade(built: BuiltFile, wheels: Sequence[Wheel], compiled: Callable[[Bundle], RoomBytecode | None]) -> Remade:
    """The comparison of the file with what a build of `wheels` writes.

    `compiled(bundle)` is the runtime's bytecode in such a file; None where no Python here makes that of this one.
    """
    if not built.is_of_this_version:
        try:
            trees = dict(_trees(trees_of(wheels, built.manifest.variants)))
        except PexliteError as failure:
            return Remade((failure.message,), ())
        problems = [*_unlike_trees(built, trees), *_without_names(built, trees)]
        return Remade(tuple(problems), (f"its boot and its settings, which are those of version {built.made_by}",))
    try:
        bundle = _bundle(built, wheels)
    except (PexliteError, InvalidRequirement, ValueError) as failure:
        return Remade((f"its settings are of no build: {getattr(failure, 'message', failure)}",), ())
    again = _Again(built, bundle, Room(room_sources(), compiled(bundle)))
    problems = [*_unknown_imports(bundle), *again.problems()]
    unchecked = [*again.unchecked(), *_otherwise_packed(built)]
    return Remade(tuple(problems), tuple(unchecked))


def _bundle(built: BuiltFile, wheels: Sequence[Wheel]) -> Bundle:
    """The bundle that the file says it was written from, with all that follows from it worked out anew."""
    manifest, facts = built.manifest, built.manifest.facts
    trees = trees_of(wheels, manifest.variants)
    launch = sealed_launch(built.path, manifest)
    names = [one.name for one in fields(InterpreterArchive)]
    own = tuple(
        OwnPython(path=built.path, **{name: getattr(python, name) for name in names})
        for python in manifest.own_pythons
    )
    places = runs_on(manifest.variants)
    if own:
        places = runs_on_its_own(manifest.variants, own, prefer_host=launch.prefer_host)
    return Bundle(
        wheels=tuple(wheels),
        variants=manifest.variants,
        trees=trees,
        entry_point=manifest.entry_point,
        launch=launch,
        requirements=manifest.requirements,
        startup_files=startup_files(trees),
        runs_on=places,
        amendments=Amendments(
            tuple(map(Requirement, facts["excluded"])), tuple(map(Requirement, facts["overridden"]))
        ),
        build_properties={
            name: value for name, value in manifest.build_properties.items() if name != "pexlite_version"
        },
        own_pythons=own,
        start_lists=tuple(map(tuple, facts["pexlite"].get("start_lists", ()))),
        start_libraries=tuple(map(tuple, facts["pexlite"].get("start_libraries", ()))),
        imports=tuple(facts["pexlite"].get("imports", ())),
        extent=Extent(facts["pexlite"].get("compiled", Extent.NONE)),
    )


def _unknown_imports(bundle: Bundle) -> Iterator[str]:
    """A line where it says that its start imports what is no module of it, or one twice."""
    modules = {path for tree in bundle.trees for path in tree.importable if path.endswith(".py")}
    if not modules.issuperset(bundle.imports) or len(set(bundle.imports)) < len(bundle.imports):
        yield "the imports of its start are not its modules, each once"


class _Again:
    """A file's own members, as a build of `bundle` with `room` writes them."""

    def __init__(self, built: BuiltFile, bundle: Bundle, room: Room) -> None:
        self._built = built
        self._bundle = bundle
        self._room = replace(room, launchers=tuple(_launchers(built, bundle)))
        self._packs = built.packs()
        self._is_known = room.bytecode is not None or built.magic is None
        """Whether all that the build id covers can be made here."""

    def problems(self) -> Iterator[str]:
        """A line for everything that is not as a build writes it."""
        built, bundle = self._built, self._bundle
        if self._is_known and build_id(bundle, __version__, self._packs, self._room) != built.manifest.build_id:
            yield "its build id is not that of its content"
        first = header(bundle, built.manifest.build_id, [own.offset for own in built.manifest.own_pythons])
        if built.header != first:
            yield "its first lines are not what a build writes"
        expected = dict(self._members(first))
        yield from _differing(built, expected)
        names = [entry.name for entry in built.own]
        wanted = [name for name in expected if name in names or name not in _BY_PYTHON]
        if names != wanted:
            foreign = [name for name in names if name not in expected]
            yield from (f"it has {name!r}, which no build puts there" for name in foreign)
            yield from (f"it lacks {name}" for name in wanted if name not in names)
            if sorted(names) == sorted(wanted):
                yield "its members are in another order than a build writes"

    def unchecked(self) -> Iterator[str]:
        """A line where the Python that compiled the start is not here."""
        if not self._is_known:
            names = [entry.name for entry in self._built.own if entry.name in _BY_PYTHON]
            yield f"{' and '.join(names)} and its build id: the Python that compiled the start is not here"

    def _members(self, first: bytes) -> Iterator[tuple[str, bytes | None]]:
        """Each member with its content, in order; None where it cannot be made here."""
        built, bundle, room = self._built, self._bundle, self._room
        yield from ((bytecode_name(pack), pack.content) for pack in self._packs)
        if recipes := recipes_of(bundle.wheels):
            yield RECIPES, recipes
        if pieces := pieces_of(bundle.wheels):
            yield PIECES, pieces
        yield from _trees(bundle.trees)
        yield from room.launchers
        info = pex_info(
            bundle, __version__, built.manifest.build_id, (len(first), zlib.crc32(first)), self._offsets()
        )
        yield "PEX-INFO", (json.dumps(info, indent=1, sort_keys=True) + "\n").encode()
        yield from room_members(room)
        if not self._is_known:
            yield COMPILED, None
        yield IMPORTED, imported_module().encode()
        facts = start_facts(info, bundle, self._place(ROOM), self._place(COMPILED))
        yield "__main__.py", main_module(room, facts).encode()
        if not self._is_known:
            yield "__main__.pyc", None
        elif room.bytecode:
            yield "__main__.pyc", main_bytecode(room.bytecode, facts)
        if built.frame.member(BILL) is not None:
            yield BILL, None  # whoever verifies the file compares it with the wheels

    def _offsets(self) -> Offsets:
        manifest, frame = self._built.manifest, self._built.frame
        places = [(pack, (frame.place(bytecode_name(pack)) or (0, 0))[0]) for pack in self._packs]
        return Offsets(
            [wheel.offset for wheel in manifest.wheels],
            places,
            [own.offset for own in manifest.own_pythons],
            (frame.place(RECIPES) or (0, 0))[0],
        )

    def _place(self, name: str) -> Place:
        """Offset, size and CRC-32 of a deflated member, as the start has them; () without it."""
        entry, frame = self._built.frame.member(name), self._built.frame
        if entry is None:
            return ()
        return frame.before + entry.begin, entry.held, zlib.crc32(held(self._built.file, frame, entry))


def _trees(trees: Sequence[InstalledTree]) -> Iterator[tuple[str, bytes]]:
    yield from ((f"{TREES}{number}", tree.text().encode()) for number, tree in enumerate(trees))


def _differing(built: BuiltFile, expected: Mapping[str, bytes | None]) -> Iterator[str]:
    """A line for each member whose content is another one."""
    for entry in built.own:
        wanted = expected.get(entry.name)
        if wanted is not None and content(built.file, built.frame, entry) != wanted:
            yield f"its {entry.name} is not what a build writes"


def _launchers(built: BuiltFile, bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """The programs for Windows that a build puts in for the platforms of those that are there."""
    there = [entry.name for entry in built.own if entry.name.startswith(FOLDER)]
    if any(entry.kind is Kind.CONSOLE_SCRIPT for tree in bundle.trees for entry in tree.entries):
        yield from windows_launchers(
            name.removeprefix(FOLDER).removesuffix(".exe") for name in there if name.endswith(".exe")
        )


def _unlike_trees(built: BuiltFile, trees: Mapping[str, bytes]) -> Iterator[str]:
    """A line for each tree with a file that ours has not; another writer may leave some out, or order them."""
    for number, variant in enumerate(built.manifest.variants):
        names = [built.manifest.wheels[position].filename for position in variant.wheels]
        distributions = ["-".join(name.split("-")[:2]) for name in names]
        name = f"{TREES}{number}"
        found = built.content(name)
        if found is not None and found != trees[name]:
            try:
                texts = [text.decode("utf-8") for text in (found, trees[name])]
                theirs, ours = ({one[:4] for one in read_tree(text, distributions).entries} for text in texts)
                is_known = theirs <= ours
            except ValueError:
                is_known = False
            if not is_known:
                yield f"its {name} is not what a build writes"


def _without_names(built: BuiltFile, trees: Mapping[str, bytes]) -> Iterator[str]:
    """A line for each member of a name that no pexlite gives; of the boot no more is known."""
    packs = {bytecode_name(pack) for pack in built.packs()}
    made_of_wheels = {*trees, *packs, RECIPES, PIECES}
    known = {*made_of_wheels, "PEX-INFO", ROOM, COMPILED, IMPORTED, "__main__.py", "__main__.pyc", BILL}
    for entry in built.own:
        if entry.name not in known and not entry.name.startswith(FOLDER):
            yield f"it has {entry.name!r}, which no build puts there"
    yield from (f"it lacks {name}" for name in trees if built.frame.member(name) is None)


def _otherwise_packed(built: BuiltFile) -> Iterator[str]:
    """A line on members that hold the right content, packed in other bytes than here: another zlib does that."""
    names = []
    for entry in built.own:
        if entry.compressed is not None and not entry.name.startswith(PACKS):
            text = content(built.file, built.frame, entry)
            if held_content(entry.name, text) != held(built.file, built.frame, entry):
                names.append(entry.name)
    if names:
        yield f"how {', '.join(names)} are packed: another zlib than the one here has done that"
