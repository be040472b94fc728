"""A check of the bill of materials that a file carries: it names the file's wheels by sha256, and no others.

It is read as JSON alone, so that this needs no library: whether the rest of it is right, a bill made anew shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pexlite.archive.members import UNREADABLE, open_zip, read_part
from pexlite.archive.runtime_files import BILL
from pexlite.contents.metadata import plain
from pexlite.model import Manifest

FILENAME = "pexlite:filename"
"""The property of a component that is the file name of its wheel."""
LARGEST = 64 << 20
"""Bytes of a bill that is read."""


def carries_bill(path: Path) -> bool:
    """Whether the file at `path` has a bill of materials in it. Raises errors of UNREADABLE."""
    with path.open("rb") as file, open_zip(file) as opened:
        return BILL in opened.NameToInfo


def problems_of_bill(path: Path, manifest: Manifest) -> Iterator[str]:
    """A line for each difference between the bill that the file at `path` carries and its wheels."""
    try:
        with path.open("rb") as file, open_zip(file) as opened:
            if BILL not in opened.NameToInfo:
                return
            table = json.loads(read_part(opened, BILL, LARGEST).decode("utf-8"))
        said = _wheels_in(table)
    except (*UNREADABLE, TypeError, AttributeError, RecursionError) as failure:
        yield f"its {BILL} cannot be read: {plain(str(failure) or type(failure).__name__, 100)}"
        return
    for wheel in manifest.wheels:
        if wheel.filename not in said:
            yield f"its {BILL} leaves out {wheel.filename}"
        elif said.pop(wheel.filename) != (wheel.repacked_from or wheel.sha256):
            yield f"its {BILL} says that {wheel.filename} has another sha256"
    for name in sorted(said):
        yield f"its {BILL} has {plain(name)!r}, which is not here"


def _wheels_in(table: Any) -> dict[str, str]:
    """The file name of each wheel in the bill, with its sha256. Raises TypeError, KeyError and AttributeError."""
    found: dict[str, str] = {}
    for component in table["components"]:
        names = [one["value"] for one in component.get("properties", ()) if one["name"] == FILENAME]
        if not names:
            continue
        if len(names) > 1 or names[0] in found:
            raise ValueError("it has a wheel twice")
        hashes = [one["content"] for one in component.get("hashes", ()) if one["alg"] == "SHA-256"]
        found[str(names[0])] = hashes[0] if len(hashes) == 1 else ""
    return found
