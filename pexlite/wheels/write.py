"""Wheels written so that equal content gives equal bytes: order, times and modes are ours, RECORD by `wheel`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MOST_STORED = 4 << 20
"""The bytes in a wheel of own code up to which its members are stored."""

# The earliest time that zip has, so that bytes do not depend on the time of the build.
EARLIEST = 315532800  # 1980-01-01 in seconds since 1970
_LATEST = 4354819198  # the end of 2107, the last that a zip can say


class Content(Protocol):
    """One file to write into a wheel, whose content is asked for once, when its turn has come."""

    @property
    def name(self) -> str:
        """Its name in the wheel."""

    @property
    def content(self) -> bytes:
        """Its bytes."""

    @property
    def executable(self) -> bool:
        """Whether it is a program."""


@dataclass(frozen=True)
class Member:
    """A file to write into a wheel whose content is in memory."""

    name: str
    content: bytes
    executable: bool = False


def source_date_epoch() -> int:
    """The time of everything built here: SOURCE_DATE_EPOCH, else 1980-01-01, in seconds since 1970."""
    return stated_epoch() or EARLIEST


def stated_epoch() -> int | None:
    """SOURCE_DATE_EPOCH in seconds since 1970, 1980-01-01 where it is earlier; None where it is not set."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    return min(max(int(said), EARLIEST), _LATEST) if said.isdecimal() and len(said) < 15 else None


def write_own_wheel(path: Path, members: Sequence[Member], info: str) -> Path:
    """Write a wheel of own code to `path`, and return `path`: the same bytes whatever zlib this Python has.

    Up to MOST_STORED bytes of content are stored, since zlib-ng deflates in another way than zlib; more are
    deflated. Raises ValueError as `write_wheel` does.
    """
    # Deflated code takes a third of its size: stored, Flask's adds 0.2 MB to a file, and Django's would add 16.
    return write_wheel(path, members, info, stored=sum(len(member.content) for member in members) <= MOST_STORED)


def write_wheel(path: Path, members: Iterable[Content], info: str, *, stored: bool = False) -> Path:
    """Write a wheel of `members` and RECORD to `path`, its `.dist-info` directory `info` last; return `path`.

    The members are deflated, or else `stored`. `members` must not contain a RECORD, since it would no longer be
    true. Raises ValueError unless `path` has the name of a wheel.
    """
    ordered = sorted(members, key=lambda member: (member.name.startswith(info + "/"), member.name))
    from pexlite.wheels.same_bytes import SameBytes  # most builds write no wheel, and this loads `wheel`

    with SameBytes(path, info, source_date_epoch(), stored) as wheel:
        for member in ordered:
            wheel.add(member.name, member.content, executable=member.executable)
    return path
