"""The start list: the files that the runs of `--trace-start` have read, which a first start unpacks first.

Which files are read is told by their times of access. So it is known of code in C too, of libraries that the
system loads, and of child processes. A disk that notes no such times (mounted noatime) gives no list. What is only
asked about (os.stat, os.access) has no such time, and is noted by a hook in the app's Pythons.
"""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from pexlite.archive.runtime_files import room_sources
from pexlite.bundle.tree import tree_of
from pexlite.errors import UsageError
from pexlite.model import Bundle, Entry, InstalledTree, Kind, Manifest, Variant, Wheel
from pexlite.model.tree import SITE_PACKAGES
from pexlite.pipeline.start_libraries import is_module, module_of, start_libraries
from pexlite.pipeline.trial_runs import FinishedFile, TrialRun

NO_TIMES = "the disk of the temporary directory notes no times of access, so --trace-start makes no start list"
# What is read of all distributions to find one of them, or an entry point.
_METADATA = ("METADATA", "entry_points.txt", "top_level.txt", "direct_url.json", "INSTALLER")
_WAITS = "_pexlite.pth"  # by which a child process waits for what is coming
# Settings and certificates that code in C may open, and which are small.
_SMALL = (".pth", ".start", ".pem", ".crt")


class Trace:
    """Runs of a finished file, in whose app's directory nobody has read a file before."""

    def __init__(self, file: FinishedFile) -> None:
        self._file = file
        self.app = next(path for path in (file.cache / "lite-2" / "apps").iterdir() if path.is_dir())
        self._library = next((self.app / "lib").iterdir()).name
        self._hook = _Hook(self.app, file.path.with_name("asked"), self.path(SITE_PACKAGES))
        self._directories = [Path(directory) for directory, _, _ in os.walk(self.app)]
        for path in [*self._files(), *self._directories]:
            os.utime(path, ns=(0, path.stat().st_mtime_ns), follow_symlinks=False)

    def run(self, words: str) -> TrialRun:
        """The file's run with the arguments `words`, written as for a shell."""
        return self._file.run(shlex.split(words), variables=self._hook.variables)

    def _files(self) -> Iterator[Path]:
        for directory, _, names in os.walk(self.app):
            for name in names:
                path = Path(directory, name)
                if not path.is_symlink():
                    yield path

    def read(self) -> dict[str, int]:
        """The paths in the app's directory that have been read since, Python's version written X.Y.

        Each has the time of its first reading, in nanoseconds since 1970. A module is one of them whose bytecode
        was read; a directory that was listed ends with a slash.
        """
        # Before they are listed here.
        times = {f"{self._inside(path)}/": path.stat().st_atime_ns for path in self._directories}
        for path in self._files():
            if time := path.stat().st_atime_ns:
                if path.parent.name == "__pycache__":
                    path = path.parent.parent / (path.name.partition(".")[0] + ".py")
                times[self._inside(path)] = min(time, times.get(self._inside(path), time))
        return {place: time for place, time in times.items() if time}

    def asked(self) -> frozenset[str]:
        """The paths in the app's directory that these runs have asked about, also where no such file is."""
        return frozenset(self._with_any_version(path) for path in self._hook.asked())

    def libraries(
        self, bundle: Bundle, read: Mapping[str, int], eager: Sequence[str] = ()
    ) -> tuple[tuple[str, ...], ...]:
        """For each variant of `bundle`, which has start lists of what was `read`, what comes one by one of them.

        Only the variant that has run is known; wheels that are `eager` come as a whole before the app begins.
        """
        found = []
        comes = functools.partial(_comes_by_itself, bundle)
        for variant, tree, listed in zip(bundle.variants, bundle.trees, bundle.start_lists, strict=True):
            lines = set(listed)
            entries = [entry for entry in tree.entries if f"{entry.wheel} {entry.path}" in lines]
            has_run = all(self._is_here(entry) for entry in entries)
            whole = _whole(bundle, variant, eager)
            some = start_libraries(tree, entries, self.path, read, whole) if has_run else ()
            found.append(tuple(f"{entry.wheel} {entry.path}" for entry in filter(comes, some)))
        return tuple(found)

    def _is_here(self, entry: Entry) -> bool:
        try:
            size = self.path(entry.place).stat().st_size
            return entry.size in (None, size) or entry.kind is Kind.SCRIPT  # whose first line is another one
        except FileNotFoundError:
            return False

    def path(self, place: str) -> Path:
        """Where the file of an app that has this place is on the disk."""
        return self.app / place.replace("lib/pythonX.Y/", f"lib/{self._library}/", 1)

    def _inside(self, path: Path) -> str:
        return self._with_any_version(path.relative_to(self.app).as_posix())

    def _with_any_version(self, inside: str) -> str:
        return inside.replace(f"lib/{self._library}/", "lib/pythonX.Y/", 1)


def _comes_by_itself(bundle: Bundle, entry: Entry) -> bool:
    """Whether the file is no module that an app begins with.

    That is the entry point's, with the packages that it is in; and all in Python where a startup file of the
    bundle, which may import any, is run in children before they wait.
    """
    if not entry.name.endswith(".py"):
        return True
    module = module_of(entry.place).removeprefix(SITE_PACKAGES).replace("/", ".")
    is_before = any(name.rpartition("/")[2] < _WAITS for name in bundle.startup_files)
    return not is_before and not f"{bundle.entry_point.module}.".startswith(f"{module}.")


class _Hook:
    """Has the Pythons of the app in `app` note in the new directory `place` what they ask about."""

    def __init__(self, app: Path, place: Path, site_packages: Path) -> None:
        self._notes = place / "notes"
        self.variables = {"PYTHONPATH": str(place)}
        """For the Python that runs the file; the app's own find a line in its site-packages."""
        place.mkdir()
        program = place / "sitecustomize.py"
        waiting = dict(room_sources())["written/_pexlite_early.py"]
        noting = Path(__file__).with_name("asked_hook.py").read_text(encoding="utf-8")
        call = f"note({str(app)!a}, {str(self._notes)!a})\n"
        program.write_text(f"{waiting}\n{noting}\n{call}", encoding="utf-8")
        line = f"exec(compile(open({str(program)!a}, 'rb').read(), {str(program)!a}, 'exec'), {{}})"
        (site_packages / "pexlite_asked.pth").write_text(f"import sys; {line}\n", encoding="utf-8")

    def asked(self) -> list[str]:
        """The paths that they have noted, in the app's directory."""
        content = self._notes.read_bytes() if self._notes.exists() else b""
        return [os.fsdecode(path) for path in content.split(b"\0") if path]


def with_start_lists(bundle: Bundle, read: Iterable[str], eager: Sequence[str] = ()) -> Bundle:
    """`bundle` with the start list of each variant, by the places that were `read`; whole wheels are `eager`.

    Raises UsageError where there is no such wheel.
    """
    names = {canonicalize_name(name) for name in eager}
    unknown = names - {wheel.name for wheel in bundle.wheels}
    if unknown:
        raise UsageError(
            f"--eager {min(unknown)} names no project of the file",
            hint=f"name a project whose wheel is in it, such as {bundle.wheels[0].name}",
        )
    places = frozenset(read)
    lists = []
    for variant, tree in zip(bundle.variants, bundle.trees, strict=True):
        listed = set(_listed(tree, places, _whole(bundle, variant, eager)))
        listed.update(_directories(tree, places, {entry.place for entry in listed}))
        lists.append(tuple(f"{entry.wheel} {entry.path}" for entry in tree.entries if entry in listed))
    return replace(bundle, start_lists=tuple(lists))


def _whole(bundle: Bundle, variant: Variant, eager: Sequence[str]) -> set[int]:
    """The positions in the variant of the wheels that are `eager`."""
    names = {canonicalize_name(name) for name in eager}
    return {number for number, position in enumerate(variant.wheels) if bundle.wheels[position].name in names}


def with_kept_start_lists(bundle: Bundle, manifest: Manifest, wheels: Sequence[Wheel]) -> Bundle:
    """`bundle`, made of a file with `manifest` and `wheels`, with start lists where that file has them.

    They have the same places, with other content where a wheel is another one; a wheel that was listed as a whole
    is again.
    """
    lists = manifest.facts["pexlite"].get("start_lists")
    if not lists:
        return bundle
    read: set[str] = set()
    whole: set[str] = set()
    for variant, lines in zip(manifest.variants, lists, strict=True):
        its = [wheels[position] for position in variant.wheels]
        listed, left = set(lines), set()
        for entry in tree_of(its).entries:
            if f"{entry.wheel} {entry.path}" in listed:
                read.add(entry.place)
            elif entry.kind is not Kind.CONSOLE_SCRIPT:
                left.add(its[entry.wheel].name)
        whole.update({wheel.name for wheel in its} - left)
    return with_start_lists(bundle, read, sorted(whole & {wheel.name for wheel in bundle.wheels}))


def _listed(tree: InstalledTree, read: frozenset[str], whole: set[int]) -> Iterator[Entry]:
    """The files that a start needs first: those `read`, and those without which it would find something else."""
    modules = {module_of(place) for place in read}
    # Imports list the directories of packages, and need no more of them than they read.
    of_code = {entry.place.rpartition("/")[0] for entry in tree.entries if is_module(entry.name)}
    packages = {str(parent) for place in read for parent in PurePosixPath(place).parents}
    for entry in tree.entries:
        if entry.kind is Kind.CONSOLE_SCRIPT:
            continue
        folder, _, name = entry.place.rpartition("/")
        if (
            entry.place in read
            or entry.wheel in whole
            or entry.place.endswith(_SMALL)
            or (f"{folder}/" in read and folder not in of_code)
            or (folder.endswith(".dist-info") and name in _METADATA)
            # Of a package whose __init__ is not there yet, Python would make a namespace.
            or (folder in packages and name.partition(".")[0] == "__init__")
            # Of several files for one module Python takes the first kind that it finds.
            or (is_module(name) and module_of(entry.place) in modules)
        ):
            yield entry


def _directories(tree: InstalledTree, read: frozenset[str], listed: Set[str]) -> Iterator[Entry]:
    """For each directory that was asked about, and in which nothing is `listed`, its smallest file."""
    there = {str(parent) for place in listed for parent in PurePosixPath(place).parents}
    smallest: dict[str, Entry] = {}

    def size(entry: Entry) -> tuple[int, str]:
        return (entry.size or 0, entry.place)

    for entry in tree.entries:
        if entry.kind is Kind.CONSOLE_SCRIPT:
            continue
        for parent in map(str, PurePosixPath(entry.place).parents):
            if parent in read and parent not in there:
                smallest[parent] = min(smallest.get(parent, entry), entry, key=size)
    yield from smallest.values()


def size_of(bundle: Bundle, number: int = 0) -> tuple[int, int]:
    """How many bytes the start list of a variant has, and how many all of its files."""
    listed = set(bundle.start_lists[number])
    entries = [entry for entry in bundle.trees[number].entries if entry.size]
    some = sum(entry.size or 0 for entry in entries if f"{entry.wheel} {entry.path}" in listed)
    return some, sum(entry.size or 0 for entry in entries)


assert SITE_PACKAGES.startswith("lib/pythonX.Y/")  # as `Trace.read` writes it
