"""Digests of the content of a wheel's members."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence

from pexlite.model import Wheel
from pexlite.wheels.record import content_of, digest_of, read_record


def content_digests(wheel: Wheel, members: Sequence[str]) -> dict[str, str]:
    """`sha256=…` for each of `members`: from RECORD, or computed where RECORD has none."""
    with zipfile.ZipFile(wheel.path) as archive:
        record = next(file for file in wheel.files if file.endswith(".dist-info/RECORD") and file.count("/") == 1)
        recorded = read_record(archive.read(record).decode("utf-8", "replace")).digests
        return {
            member: known
            if (known := recorded.get(member, "")).startswith("sha256=")
            else f"sha256={digest_of(content_of(archive, member), 'sha256')}"
            for member in members
        }
