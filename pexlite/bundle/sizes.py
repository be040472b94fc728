"""Wheels that unpack to far more than they are, as archives do that are made to fill a disk."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.model import Wheel

# Of 1,300 wheels of the index none has a ratio over 18, and none unpacks to over 4 GB.
_UNREMARKABLE = 200_000_000  # bytes, which fill no disk whatever the ratio is
_MOST_TIMES = 60
_MOST_BYTES = 30_000_000_000


def outsized(wheels: Sequence[Wheel]) -> tuple[str, ...]:
    """A sentence on each of `wheels` that unpacks to more than any wheel does that is meant well."""
    return tuple(
        f"{wheel.filename} unpacks to {wheel.unpacked_size / 1e9:,.1f} GB, {_times(wheel):,.0f} times its size"
        for wheel in wheels
        if wheel.unpacked_size > _MOST_BYTES
        or (wheel.unpacked_size > _UNREMARKABLE and _times(wheel) > _MOST_TIMES)
    )


def _times(wheel: Wheel) -> float:
    return wheel.unpacked_size / max(1, wheel.size)
