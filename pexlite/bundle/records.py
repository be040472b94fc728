"""Wheels whose RECORD is not true of what they say about themselves, as some publishers leave it."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.model import Wheel


def unlike_records(wheels: Sequence[Wheel]) -> tuple[str, ...]:
    """A sentence on each of `wheels` with files that are not what RECORD says, though none of them runs."""
    unlike = {wheel.filename: [name.partition("/")[2] for name in wheel.unlike_record] for wheel in wheels}
    return tuple(
        f"{filename} goes in, though RECORD says something else of its {', '.join(names)}"
        for filename, names in unlike.items()
        if names
    )
