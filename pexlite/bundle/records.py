"""Wheels that differ from their RECORD in a way that no installer minds, as some publishers leave them."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.listed import listed
from pexlite.model import Wheel


def unlike_records(wheels: Sequence[Wheel]) -> tuple[str, ...]:
    """Notices about wheels whose RECORD leaves out files, tells them wrongly, names missing ones, or is written
    otherwise than specified.

    None of its code has another digest than RECORD says: such a wheel is refused.
    """
    return tuple(notice for wheel in wheels for notice in _notices(wheel))


def _notices(wheel: Wheel) -> list[str]:
    there = set(wheel.files)
    unlike = [_shown(name) for name in wheel.unlike_record if name in there]
    missing = [_shown(name) for name in wheel.unlike_record if name not in there]
    notices = (
        [f"{wheel.filename} goes in, though RECORD says something else of its {listed(unlike)}"] if unlike else []
    )
    if missing:
        notices.append(f"{wheel.filename} goes in, though RECORD names files that it lacks: {listed(missing)}")
    if wheel.record_dialects:
        notices.append(f"{wheel.filename} goes in, though its RECORD has {listed(wheel.record_dialects)}")
    return notices


def _shown(name: str) -> str:
    """`name`, without the directory of the metadata, which the wheel's name tells."""
    top, _, rest = name.partition("/")
    return rest if top.endswith(".dist-info") and rest else name
