"""The content of a file, and of an older one, summed up as the value that a page shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pexlite.contents.difference import Difference, WheelChange, difference
from pexlite.contents.metadata import plain
from pexlite.contents.read import read_contents
from pexlite.contents.values import FileContents, HeldFile, HeldWheel
from pexlite.report.licences import licence_name
from pexlite.report.places import merged, places_in_words
from pexlite.report.value import (
    DoubledFile,
    LargeFile,
    LicenceGroup,
    Report,
    ShownChange,
    ShownDifference,
    ShownFile,
    ShownPython,
    ShownWheel,
    Tree,
)
from pexlite.version import __version__

_DOUBLED_FROM = 4096  # bytes: empty modules and short markers are everywhere
_MOST_DOUBLED, _MOST_LARGE, _MOST_CHANGED = 60, 40, 200
_DEEPEST = 40  # directories: a path with more of them has the rest as one name
_LONGEST_NAME = 200


def report_on(path: Path, older: Path | None = None) -> Report:
    """All that a page shows of the file at `path`; with `older` also the difference from the file there.

    Raises NotABundle where one of them cannot be read.
    """
    contents = read_contents(path)
    file = _file(contents)
    changes = None
    if older is not None:
        before = read_contents(older)
        old_file = _file(before)
        found = difference(before, contents, same_bytes=old_file.sha256 == file.sha256)
        changes = _difference(found, old_file)
    doubled, wasted = _doubled(contents.wheels)
    wheels = tuple(_wheels(contents))
    return Report(
        version=__version__,
        file=file,
        wheels=wheels,
        dependencies=contents.dependencies,
        limits=merged(contents.limits),
        pythons=tuple(
            ShownPython(own.version, own.platform, own.size, own.unpacked, own.source, own.licence)
            for own in contents.own_pythons
        ),
        runtime=contents.runtime_size,
        bytecode=contents.bytecode_size,
        own_files=_tree(contents.own_files),
        licences=_licences(wheels),
        doubled=doubled,
        wasted=wasted,
        large=_large(contents.wheels),
        settings=tuple(contents.settings.items()),
        properties=tuple(contents.properties.items()),
        unknown=contents.unknown,
        difference=changes,
    )


def _file(contents: FileContents) -> ShownFile:
    with contents.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ShownFile(
        name=plain(contents.path.name),
        size=contents.size,
        sha256=digest,
        build_id=contents.build_id,
        maker=contents.maker.value,
        maker_version=contents.maker_version,
        starts=contents.entry_point,
        runs_on=contents.runs_on,
        requirements=contents.requirements,
    )


def _wheels(contents: FileContents) -> Iterator[ShownWheel]:
    kept_from: dict[str, list[str]] = {}
    for limit in contents.limits:
        for name in limit.wheels:
            kept_from.setdefault(name, []).append(limit.place)
    for wheel in contents.wheels:
        yield ShownWheel(
            name=wheel.name,
            version=wheel.version,
            filename=wheel.filename,
            size=wheel.size,
            unpacked=wheel.unpacked,
            count=len(wheel.files),
            compiled=wheel.compiled,
            local=wheel.local,
            licence=licence_name(wheel.licence),
            runs_on=wheel.runs_on,
            only_on=wheel.only_on,
            limits=places_in_words(kept_from.get(wheel.name, ())),
            summary=wheel.summary,
            urls=wheel.urls,
            problem=wheel.problem,
            files=_tree(wheel.files),
        )


class _Directory:
    """A directory while its tree is put together."""

    def __init__(self) -> None:
        self.directories: dict[str, _Directory] = {}
        self.files: list[Tree] = []

    def tree(self) -> tuple[Tree, ...]:
        """Its content, directories first."""
        below = ((plain(name, _LONGEST_NAME), one.tree()) for name, one in self.directories.items())
        return (*below, *self.files)


def _tree(files: Iterable[HeldFile]) -> tuple[Tree, ...]:
    """The `files` by their directories."""
    top = _Directory()
    for file in files:
        *above, name = file.path.split("/", _DEEPEST)
        here = top
        for part in above:
            here = here.directories.setdefault(part, _Directory())
        here.files.append((plain(name, _LONGEST_NAME), file.size, file.packed))
    return top.tree()


def _licences(wheels: Sequence[ShownWheel]) -> tuple[LicenceGroup, ...]:
    """The wheels by licence, those of most wheels first; those without one at the top."""
    groups: dict[str, list[ShownWheel]] = {}
    for wheel in wheels:
        groups.setdefault(wheel.licence, []).append(wheel)
    ordered = sorted(groups.items(), key=lambda item: (item[0] != "", -len(item[1]), item[0].lower()))
    return tuple(
        LicenceGroup(licence, tuple(dict.fromkeys(one.name for one in members)), sum(one.size for one in members))
        for licence, members in ordered
    )


def _doubled(wheels: Sequence[HeldWheel]) -> tuple[tuple[DoubledFile, ...], int]:
    """The contents that several files have, and the packed bytes of all of them but one each."""
    places: dict[tuple[int, int], list[tuple[HeldWheel, HeldFile]]] = {}
    for wheel in wheels:
        for file in wheel.files:
            if file.size >= _DOUBLED_FROM:
                places.setdefault((file.size, file.crc32), []).append((wheel, file))
    found = [
        DoubledFile(
            size=size,
            wasted=sum(file.packed for _, file in same) - min(file.packed for _, file in same),
            places=tuple((f"{wheel.name} {wheel.version}", plain(file.path)) for wheel, file in same),
        )
        for (size, _), same in places.items()
        if len(same) > 1
    ]
    found.sort(key=lambda one: (-one.wasted, one.places))
    return tuple(found[:_MOST_DOUBLED]), sum(one.wasted for one in found)


def _large(wheels: Sequence[HeldWheel]) -> tuple[LargeFile, ...]:
    files = [
        LargeFile(wheel.name, plain(file.path), file.size, file.packed) for wheel in wheels for file in wheel.files
    ]
    return tuple(sorted(files, key=lambda one: (-one.size, one.wheel, one.path))[:_MOST_LARGE])


# -- the difference ------------------------------------------------------------------------------


def _difference(found: Difference, old: ShownFile) -> ShownDifference:
    return ShownDifference(
        old=old,
        wheels=tuple(map(_change, found.wheels)),
        settings=tuple((one.name, one.old, one.new) for one in found.settings),
        only=found.only,
        is_empty=found.is_empty,
        same_bytes=found.same_bytes,
    )


def _change(change: WheelChange) -> ShownChange:
    files = change.files[:_MOST_CHANGED]
    return ShownChange(
        name=change.name,
        kind=change.kind.value,
        old=change.old.version if change.old else "",
        new=change.new.version if change.new else "",
        delta=(change.new.size if change.new else 0) - (change.old.size if change.old else 0),
        count=len(change.files),
        files=tuple(
            (plain(one.path), one.old.size if one.old else None, one.new.size if one.new else None)
            for one in files
        ),
    )
