"""Contents that zlib makes the bytes of a wheel's members from again, here and there."""

from __future__ import annotations

from collections.abc import Container, Sequence

from pexlite.ship.room import reassemble

LEVELS: Sequence[int] = reassemble().LEVELS


def level_of(held: bytes, content: bytes, levels: Container[int]) -> int | None:
    """The level at which zlib makes `held` of `content`; None where it does at none of `levels`."""
    fitting = (level for level in LEVELS if level in levels and reassemble().deflated(content, level) == held)
    return next(fitting, None)


def shared_levels(there: Sequence[int]) -> frozenset[int]:
    """The levels at which zlib here deflates as it does where the fingerprint is `there`."""
    fingerprints = zip(LEVELS, reassemble().fingerprint(), there, strict=False)
    return frozenset(level for level, one, other in fingerprints if one == other)
