"""The bill of materials of a built file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pexlite.archive.members import open_zip, read_part
from pexlite.archive.runtime_files import BILL
from pexlite.contents.bill import bill_of, check_installed, is_installed
from pexlite.contents.brought_bills import Brought, brought_bills
from pexlite.contents.carried_bill import LARGEST, carries_bill
from pexlite.contents.foreign_members import foreign_members_by_wheel
from pexlite.contents.read import read_contents
from pexlite.contents.values import FileContents, Maker, Scope
from pexlite.contents.wheel_members import members_by_wheel


def bill_of_file(path: Path) -> bytes:
    """The bill of the file at `path`, which pexlite, pex or shiv made, as CycloneDX 1.6 in JSON.

    Raises NotABundle, and UsageError where cyclonedx-python-lib is not installed.
    """
    check_installed()
    contents = read_contents(path, Scope(files=False))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return bill_of(contents, _brought(path, contents), sha256=digest)


def unchecked_in_bill(path: Path) -> list[str]:
    """A line where the bill in the file at `path` is not, word for word, the one that is made of it here.

    Its wheels and their digests are looked at elsewhere; the rest depends on the version of cyclonedx-python-lib.
    """
    if not carries_bill(path):
        return []
    if not is_installed():
        return [f"what {BILL} says beyond its wheels: cyclonedx-python-lib is not here"]
    with path.open("rb") as file, open_zip(file) as opened:
        carried = read_part(opened, BILL, LARGEST)
    if _comparable(carried) == _comparable(bill_of_file(path)):
        return []
    return [f"what {BILL} says beyond its wheels, which is not what is made of the file here"]


def _comparable(bill: bytes) -> object:
    """The bill without what is another one each time it is made: its time, its number, the file's own sha256."""
    table = json.loads(bill)
    metadata = table["metadata"]
    return {
        **table,
        "serialNumber": None,
        "metadata": {**metadata, "timestamp": None, "component": {**metadata["component"], "hashes": None}},
    }


def _brought(path: Path, contents: FileContents) -> Mapping[str, Sequence[Brought]]:
    """The bills that the wheels bring."""
    if not any(wheel.bills for wheel in contents.wheels):
        return {}
    is_own = contents.maker is Maker.PEXLITE
    with members_by_wheel(path) if is_own else foreign_members_by_wheel(path, contents.maker) as members:
        return brought_bills(contents.wheels, members)
