"""What a wheel's members contain, as digests."""

from __future__ import annotations

import base64
import csv
import hashlib
import zipfile
from collections.abc import Sequence

from pexlite.model import Wheel


def content_digests(wheel: Wheel, members: Sequence[str]) -> dict[str, str]:
    """`sha256=…` of each of `members`: as RECORD has it, or of the bytes themselves where it has none."""
    with zipfile.ZipFile(wheel.path) as archive:
        record = next(file for file in wheel.files if file.endswith(".dist-info/RECORD") and file.count("/") == 1)
        recorded = _recorded(archive.read(record).decode("utf-8", "replace"))
        return {member: recorded.get(member) or _digest(archive.read(member)) for member in members}


def _recorded(text: str) -> dict[str, str]:
    """The sha256 of each row that has one.

    click/__init__.py,sha256=cMVW-LlzQc1fh0rYTKmTIRnvNeUy2uM,4473
    """
    rows = csv.reader(text.splitlines())
    return {row[0].removeprefix("./"): row[1] for row in rows if len(row) > 1 and row[1].startswith("sha256=")}


def _digest(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
