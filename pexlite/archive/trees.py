"""A check of the trees in a built file: every file of an app has one allowed place."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from pexlite.archive.members import UNREADABLE, open_zip, read_part
from pexlite.files.names import fault_of_name, fault_of_path, is_reference
from pexlite.model import Entry, Kind, Manifest, Variant, entries_in

_MOST_BYTES = 16 << 20
_MOST_LINES = 500_000


def problems_of_trees(path: Path, manifest: Manifest) -> Iterator[str]:
    """A line for each tree of the file at `path` that cannot be parsed, or names a place outside an app."""
    with path.open("rb") as file, open_zip(file) as opened:
        for number, variant in enumerate(manifest.variants):
            name = f".trees/{number}"
            try:
                problem = _problem(opened, name, variant, manifest)
            except UNREADABLE as failure:
                problem = f"cannot be read: {failure or type(failure).__name__}"
            except IndexError:
                problem = "names a wheel that is not there"
            if problem:
                yield f"its {name} {problem}"


def _problem(opened: zipfile.ZipFile, name: str, variant: Variant, manifest: Manifest) -> str | None:
    content = read_part(opened, name, _MOST_BYTES)
    if content.count(b"\n") > _MOST_LINES:
        return "is longer than that of any app"
    wheels = [manifest.wheels[position].filename for position in variant.wheels]
    distributions = ["-".join(filename.split("-")[:2]) for filename in wheels]
    for entry in entries_in(content.decode("utf-8"), distributions):
        fault = _fault(entry)
        if fault:
            return f"has {entry.place[:200]!r}, which {fault}"
    return None


def _fault(entry: Entry) -> str | None:
    if entry.kind is not Kind.CONSOLE_SCRIPT:
        return fault_of_path(entry.place)
    if not is_reference(entry.path):
        return f"calls {entry.path[:200]!r}, and that is no function"
    return fault_of_name(entry.place.removeprefix("bin/"))
