"""Wheels whose own metadata files differ from RECORD, as some publishers leave them."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.model import Wheel


def unlike_records(wheels: Sequence[Wheel]) -> tuple[str, ...]:
    """A notice for each wheel with metadata files that differ from RECORD; no code is in them."""
    unlike = {wheel.filename: [name.partition("/")[2] for name in wheel.unlike_record] for wheel in wheels}
    return tuple(
        f"{filename} goes in, though RECORD says something else of its {', '.join(names)}"
        for filename, names in unlike.items()
        if names
    )
