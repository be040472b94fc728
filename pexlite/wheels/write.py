"""Write wheels so that the same content gives the same bytes: order, times, modes and RECORD are ours."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Zip knows no earlier time. What ends up in a file must not depend on when it was built.
EARLIEST = 315532800  # 1980-01-01 in seconds since 1970
_CREATED_ON_UNIX = 3


@dataclass(frozen=True)
class Member:
    """One file to write into a wheel."""

    name: str
    content: bytes
    executable: bool = False


def source_date_epoch() -> int:
    """The time that everything built here gets: SOURCE_DATE_EPOCH, else 1980-01-01, in seconds since 1970."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    return max(int(said), EARLIEST) if said.isdecimal() else EARLIEST


def write_wheel(path: Path, members: Iterable[Member], info: str) -> Path:
    """Write a wheel of `members` and RECORD to `path`, its `.dist-info` directory `info` last; return `path`.

    `members` must not contain a RECORD, since it would no longer be true.
    """
    moment = time.gmtime(source_date_epoch())[:6]
    ordered = sorted(members, key=lambda member: (member.name.startswith(info + "/"), member.name))
    record = Member(f"{info}/RECORD", _record(ordered, info))
    with zipfile.ZipFile(path, "w") as archive:
        for member in (*ordered, record):
            entry = zipfile.ZipInfo(member.name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _CREATED_ON_UNIX
            entry.external_attr = (0o100755 if member.executable else 0o100644) << 16
            archive.writestr(entry, member.content)
    return path


def _record(members: Iterable[Member], info: str) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for member in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(member.content).digest()).rstrip(b"=").decode()
        rows.writerow((member.name, f"sha256={digest}", len(member.content)))
    rows.writerow((f"{info}/RECORD", "", ""))
    return text.getvalue().encode("utf-8")
