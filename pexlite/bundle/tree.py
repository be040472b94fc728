"""Wheels -> InstalledTree: the files of a variant's wheels, each where an installer would put it.

    member of a wheel             in the unpacked wheel      in the app's directory
    pkg/a.py                      lib/pkg/a.py               lib/pythonX.Y/site-packages/pkg/a.py
    w-1.0.data/purelib/pkg/a.py   lib/pkg/a.py               as above, and platlib like purelib
    w-1.0.data/scripts/run        scripts/run                bin/run
    w-1.0.data/data/share/a       data/share/a               share/a
    w-1.0.data/headers/a.h        headers/a.h                include/site/pythonX.Y/w/a.h
    console script run                                       bin/run

A publisher's `__pycache__` is left out: its bytecode may come from another source than the one beside it. Of
several files for one place the last remains: within a wheel, .data replaces plain members, and console scripts
replace both; between wheels, the one installed later.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pexlite.errors import Unplaceable
from pexlite.files.names import fault_of_name, is_reference
from pexlite.model import Entry, InstalledTree, Kind, Variant, Wheel, kind_in, place_of

_SCHEMES = {"purelib": "lib", "platlib": "lib", "scripts": "scripts", "data": "data", "headers": "headers"}
_ACTIVATION = re.compile(r"activate(\.[a-z0-9]+)?|activate_this\.py", re.IGNORECASE)
_PYTHON = re.compile(r"python[\d.]*t?", re.IGNORECASE)
# The runtime's own files in an app's directory, compared without case, as some file systems do.
_OF_EVERY_APP = re.compile(
    r"(?:READY|pyvenv\.cfg|_pexlite[^/]*|bin/python[\d.]*t?|lib(?:64)?/[^/]+/site-packages/_pexlite[^/]*)"
    r"(?:/|$)"
    r"|(?:bin|lib|lib64|include|include/site|(?:lib|lib64|include/site)/(?:python|pypy)[\d.]+t?"
    r"|lib(?:64)?/(?:python|pypy)[\d.]+t?/site-packages)$",
    re.IGNORECASE,
)
# Endings that installers on Windows add to a console script's name.
_WRAPPERS = (".exe", "-script.py", ".pya")
_MOST_CAUSES = 20


class Overlap(NamedTuple):
    """Two entries for one place, from different wheels."""

    loser: Entry
    winner: Entry
    """The entry of the wheel installed later."""


def trees_of(wheels: Sequence[Wheel], variants: Sequence[Variant]) -> tuple[InstalledTree, ...]:
    """The tree of each of `variants`, whose wheels are positions in `wheels`.

    Raises Unplaceable naming every file for which an app's directory has no place.
    """
    together = [tuple(wheels[position] for position in variant.wheels) for variant in variants]
    faults = list(dict.fromkeys(fault for some in together for fault in _faults(some)))
    if faults:
        raise _unplaceable(faults)
    return tuple(map(tree_of, together))


def tree_of(wheels: Sequence[Wheel]) -> InstalledTree:
    """The tree of `wheels`, given in installation order. Unlike `trees_of` it refuses no file."""
    return _laid_out(tuple(wheels))[0]


def overlaps(wheels: Sequence[Wheel]) -> tuple[Overlap, ...]:
    """Every pair of entries of different `wheels` for one place; of more than two, each with the next."""
    return _laid_out(tuple(wheels))[1]


def member_of(entry: Entry, wheels: Sequence[Wheel]) -> str:
    """The name of the entry's member in its wheel, which is one of `wheels`."""
    return members_of(wheels[entry.wheel])[entry.path]


def members_of(wheel: Wheel) -> Mapping[str, str]:
    """The member of `wheel` that each file of the unpacked wheel is, by its path there."""
    return {path: wheel.files[position] for path, position in _unpacked(wheel).items()}


def skipped_notices(wheels: Iterable[Wheel]) -> tuple[str, ...]:
    """A notice for each script that would replace an environment's own, and for bytecode."""
    sentences = []
    for wheel in wheels:
        sentences += [
            f"the script {name} of {wheel.filename} is left out: a virtual environment has a bin/{name} of its own"
            for name in (*wheel.scripts, *_names_of_activation(wheel))
            if is_of_every_environment(name)
        ]
        if any(map(is_bytecode, wheel.files)):
            sentences.append(
                f"the bytecode in {wheel.filename} is left out: Python makes its own, or --compile does"
            )
    return tuple(sentences)


def is_bytecode(member: str) -> bool:
    """Whether `member` lies in a `__pycache__`, in upper or lower case."""
    return "/__pycache__/" in f"/{member.lower()}/"


def is_of_every_environment(script: str) -> bool:
    """Whether every virtual environment has a program of this name in bin/, which no wheel may replace."""
    return bool(_PYTHON.fullmatch(script) or _ACTIVATION.fullmatch(script))


def called(reference: str) -> str:
    """The "module:attribute" of an object reference "module : attribute [extras]"."""
    return "".join(reference.partition("[")[0].split())


# -- the tree ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def _laid_out(wheels: tuple[Wheel, ...]) -> tuple[InstalledTree, tuple[Overlap, ...]]:
    """The tree and its overlaps; cached, since several callers need the same wheels'."""
    brought = [_entries(number, wheel) for number, wheel in enumerate(wheels)]
    found: dict[str, Entry] = {}
    doubled: list[Overlap] = []
    for entries in brought:
        own = {entry.place: entry for entry in entries}
        doubled += [Overlap(found[place], own[place]) for place in own if place in found]
        found.update(own)
    kept = [entry for entries in brought for entry in entries if found[entry.place] is entry]
    return InstalledTree(tuple(kept)), tuple(doubled)


def _entries(number: int, wheel: Wheel) -> list[Entry]:
    """The entries of the wheel at position `number`, by directory and name, console scripts last.

    Of several entries for one place the last remains: .data/scripts replaces .data/data/bin, and console scripts
    both.
    """
    scripts = {name: reference for name, reference in wheel.scripts.items() if not is_of_every_environment(name)}
    distribution = wheel.filename.partition("-")[0]
    entries: list[Entry] = []
    directories = _by_directory(wheel)
    for directory in sorted(directories):
        top, kind, sizes = place_of(directory, distribution), kind_in(directory), directories[directory]
        names = sorted(sizes)
        if kind is Kind.SCRIPT:
            names = [name for name in names if not _is_skipped(f"{directory}/{name}", wheel)]
        entries += [Entry(top + name, number, f"{directory}/{name}", kind, sizes[name]) for name in names]
    calls = [(f"bin/{name}", called(reference)) for name, reference in scripts.items()]
    return entries + [Entry(place, number, call, Kind.CONSOLE_SCRIPT, None) for place, call in calls]


def _by_directory(wheel: Wheel) -> dict[str, dict[str, int | None]]:
    """The files of each directory of the unpacked wheel, as name to size."""
    directories: dict[str, dict[str, int | None]] = {}
    for path, position in _unpacked(wheel).items():
        directory, _, name = path.rpartition("/")
        directories.setdefault(directory, {})[name] = wheel.sizes[position]
    if _data_directory(wheel) or wheel.scripts:
        # RECORD is rewritten to say where the files of .data and the console scripts lie: its size changes.
        for directory, names in directories.items():
            if directory.endswith(".dist-info") and directory.count("/") == 1:
                names |= dict.fromkeys(names.keys() & {"RECORD"})
    return directories


def _unpacked(wheel: Wheel) -> Mapping[str, int]:
    """Every file of the unpacked wheel except bytecode: its path, and its member's position in `wheel.files`."""
    data = _data_directory(wheel)
    members = [(position, member) for position, member in enumerate(wheel.files) if not is_bytecode(member)]
    if not data:
        return {f"lib/{member}": position for position, member in members}
    plain: dict[str, int] = {}
    moved: dict[str, int] = {}
    for position, member in members:
        if member.startswith(data):
            scheme, _, rest = member[len(data) :].partition("/")
            moved[f"{_SCHEMES[scheme]}/{rest}"] = position
        else:
            plain[f"lib/{member}"] = position
    return {**plain, **moved}


def _data_directory(wheel: Wheel) -> str:
    """The wheel's "name-version.data/"; "" where it has none.

    Its name has to match the .dist-info directory's; another directory called *.data belongs to a package.
    """
    tops = {member.partition("/")[0] for member in wheel.files if ".data/" in member or ".dist-info/" in member}
    return next(
        (f"{top}/" for top in tops if top.endswith(".data") and f"{top.removesuffix('.data')}.dist-info" in tops),
        "",
    )


def _is_skipped(path: str, wheel: Wheel) -> bool:
    """Whether an installer skips the file "scripts/…", or keeps an environment's own program in its place."""
    script = path.removeprefix("scripts/")
    ending = next((ending for ending in _WRAPPERS if script.lower().endswith(ending)), "")
    return script[: len(script) - len(ending)] in wheel.scripts or bool(_ACTIVATION.fullmatch(script))


def _names_of_activation(wheel: Wheel) -> Iterator[str]:
    if any(".data/scripts/" in member for member in wheel.files):
        names = [path.removeprefix("scripts/") for path in _unpacked(wheel) if path.startswith("scripts/")]
        yield from filter(_ACTIVATION.fullmatch, names)


# -- files without a place -----------------------------------------------------------------------


class _Fault(NamedTuple):
    wheel: Wheel
    words: str


def _faults(wheels: Sequence[Wheel]) -> Iterator[_Fault]:
    for wheel in wheels:
        yield from _faults_of_scripts(wheel)
    tree = tree_of(wheels)
    directories = _directories(tree)
    for entry in tree.entries:
        wheel = wheels[entry.wheel]
        if _OF_EVERY_APP.match(entry.place) and entry.kind is not Kind.CONSOLE_SCRIPT:
            yield _Fault(wheel, f"{member_of(entry, wheels)} would take the place of what every app has")
        elif entry.place in directories:
            other = wheels[directories[entry.place].wheel]
            whose = "it has a directory too" if other is wheel else f"{other.filename} has a directory"
            yield _Fault(wheel, f"{_shown(entry, wheels)} is a file where {whose}")


def _faults_of_scripts(wheel: Wheel) -> Iterator[_Fault]:
    for name, reference in wheel.scripts.items():
        fault = fault_of_name(name)
        if fault:
            yield _Fault(wheel, f"console script {name!r} {fault}")
        elif not is_reference(reference):
            # As pip does: such a script could only fail, or do something else than its entry point says.
            yield _Fault(wheel, f"console script {name} calls {reference!r}, which names no function")


def _shown(entry: Entry, wheels: Sequence[Wheel]) -> str:
    return f"console script {entry.name}" if entry.kind is Kind.CONSOLE_SCRIPT else member_of(entry, wheels)


def _directories(tree: InstalledTree) -> dict[str, Entry]:
    """Every directory that the tree needs, with an entry in or below it."""
    found: dict[str, Entry] = {}
    for entry in tree.entries:
        directory = entry.place.rpartition("/")[0]
        while directory and directory not in found:
            found[directory] = entry
            directory = directory.rpartition("/")[0]
    return found


def _unplaceable(faults: Sequence[_Fault]) -> Unplaceable:
    causes = [f"{fault.wheel.filename}: {fault.words}" for fault in faults]
    shown = causes[:_MOST_CAUSES]
    if len(causes) > len(shown):
        shown.append(f"and {len(causes) - len(shown)} more of this kind")
    others = dict.fromkeys(fault.wheel.name for fault in faults if not fault.wheel.local)
    hints = ["rename it in your own code"] if any(fault.wheel.local for fault in faults) else []
    hints += [f"leave out what brings it: {' '.join(f'--exclude {name}' for name in others)}"] if others else []
    return Unplaceable(
        "the wheels have files that can have no place in an app's directory", causes=shown, hint="; ".join(hints)
    )
