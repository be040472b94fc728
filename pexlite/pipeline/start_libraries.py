"""Of a start list, the files that a start can wait for one by one, while the app already runs.

Those are modules, which a start sees by their import, and the shared libraries that extension modules need
(DT_NEEDED), each behind all that it needs. What the system or code in C may load unseen is there from the first:
plugins, and the libraries of plugins and programs.
"""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path, PurePosixPath

from pexlite.model import Entry, InstalledTree
from pexlite.model.tree import SITE_PACKAGES
from pexlite.own_python.elf import is_elf, needed_libraries

_SAME_TIME = 20_000_000  # nanoseconds in which the times of what one library loads may lie before its own


def start_libraries(
    tree: InstalledTree,
    listed: Sequence[Entry],
    path_of: Callable[[str], Path],
    first_reads: Mapping[str, int],
    whole: Set[int],
) -> tuple[Entry, ...]:
    """Those of the files `listed` that come one by one, in the order in which they were first read.

    `path_of(place)` is where each lies; `first_reads` are times in nanoseconds by place. Nothing of the wheels
    `whole` comes so. Raises OSError.
    """
    libraries = _Libraries(listed, path_of)
    alone = _alone(tree, listed)

    def read(entry: Entry) -> bool:
        """Whether it was read, or would decide which file of a module is."""
        is_one_of_several = entry.place not in alone and libraries.is_module(entry)
        return bool(first_reads.get(entry.place)) or is_one_of_several

    modules = [
        entry
        for entry in listed
        if entry.wheel not in whole and first_reads.get(entry.place) and entry.place in alone
    ]
    # A package before what is in it: times are those of the system's ticks.
    modules.sort(key=lambda entry: (first_reads[entry.place], entry.place.count("/"), entry.name != "__init__.py"))
    seen: dict[Entry, int] = {}
    """Each of the libraries and all that they need, with the time at which the first of their modules was read."""
    for one in filter(libraries.is_module, modules):
        for entry in libraries.with_needed([one]):
            seen.setdefault(entry, first_reads[one.place])
    # What was read before any of them was loaded by other code, as what else was read.
    unseen = [
        entry
        for entry in listed
        if entry.wheel in whole
        or (first_reads.get(entry.place, 0) < seen[entry] - _SAME_TIME if entry in seen else read(entry))
    ]
    there = libraries.with_needed(unseen)
    # Listed, and read by nobody: such libraries come behind what they need too.
    others = libraries.with_needed(entry for entry in listed if entry not in there)
    # Merged by time; libraries stay in their order, and those that nobody has read come last.
    last = max([*first_reads.values(), 0])
    timed = [(first_reads[one.place], one) for one in modules if one.name.endswith(".py")]
    time = 0
    for one in {**seen, **others}:
        time = max(time, seen.get(one, last))
        timed += [] if one in there else [(time, one)]
    timed.sort(key=lambda pair: pair[0])
    return tuple(one for _, one in timed)


def module_of(place: str) -> str:
    """The place of a module without the endings of its file; of a package's `__init__` the package's."""
    folder, _, name = place.rpartition("/")
    stem = name.partition(".")[0]
    return folder if stem == "__init__" else f"{folder}/{stem}"


def is_module(name: str) -> bool:
    """Whether a file of that name may be a module."""
    return name.endswith((".py", ".so"))


def _alone(tree: InstalledTree, listed: Sequence[Entry]) -> set[str]:
    """The places of modules beside which nothing else has their name.

    Without them Python would take that: another file, or a directory, which is there early if something in it is
    listed, and with the data of wheels. A package's `__init__.py` comes before all that is in it.
    """
    data = [entry for entry in tree.entries if entry.path.startswith("data/")]
    folders = {entry.place.rpartition("/")[0] for entry in [*listed, *data]}
    above = {str(parent) for folder in folders for parent in PurePosixPath(folder).parents}
    places = [
        entry.place
        for entry in tree.entries
        if entry.place.startswith(SITE_PACKAGES) and entry.name.endswith((".py", ".pyc", ".so"))
    ]
    times = Counter(module_of(place) for place in places)
    known = folders | above
    return {
        place
        for place in places
        if is_module(place)
        and times[module_of(place)] == 1
        and (place.endswith("/__init__.py") or module_of(place) not in known)
    }


class _Libraries:
    """The ELF files among `listed`, and which of them need which."""

    def __init__(self, listed: Sequence[Entry], path_of: Callable[[str], Path]) -> None:
        self._path_of = path_of
        self._elf = {entry for entry in listed if not entry.name.endswith(".py") and is_elf(path_of(entry.place))}
        self._by_name: dict[str, list[Entry]] = {}
        for entry in sorted(self._elf):
            self._by_name.setdefault(entry.name, []).append(entry)
        self._needed: dict[Entry, list[Entry]] = {}

    def is_module(self, entry: Entry) -> bool:
        """Whether it has what Python calls in an extension module of its name."""
        if entry not in self._elf:
            return False
        with (
            self._path_of(entry.place).open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_of_it,
        ):
            return all_of_it.find(f"PyInit_{entry.name.partition('.')[0]}\0".encode()) >= 0

    def with_needed(self, entries: Iterable[Entry]) -> dict[Entry, None]:
        """Those of `entries` that are ELF files, each behind all that it needs, directly or not."""
        found: dict[Entry, None] = {}
        open_ones: set[Entry] = set()

        def add(entry: Entry) -> None:
            if entry in found or entry in open_ones or entry not in self._elf:
                return
            open_ones.add(entry)
            for needed in self._needed_by(entry):
                add(needed)
            found[entry] = None

        for entry in entries:
            add(entry)
        return found

    def _needed_by(self, entry: Entry) -> list[Entry]:
        """By name: where two have one, both."""
        if entry not in self._needed:
            names = needed_libraries(self._path_of(entry.place))
            self._needed[entry] = [found for name in names for found in self._by_name.get(name, ())]
        return self._needed[entry]
