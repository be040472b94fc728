"""Wheels that unpack to far more than their size, as zip bombs do."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.model import Wheel


def outsized_wheels(wheels: Sequence[Wheel]) -> tuple[str, ...]:
    """A message for each of `wheels` that unpacks to more than any known honest wheel."""
    return tuple(
        f"{wheel.filename} unpacks to {wheel.unpacked_size / 1e9:,.1f} GB, "
        f"{wheel.times_its_size:,.0f} times its size"
        for wheel in wheels
        if wheel.is_outsized
    )
