"""Contents that zlib makes the bytes of a wheel's members from again, here and there."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from pexlite.ship.room import reassemble

LEVELS: Sequence[int] = reassemble().LEVELS


def level_of(held: bytes, content: bytes, levels: Container[int]) -> int | None:
    """The level at which zlib makes `held` of `content`; None where it does at none of `levels`."""
    return level_that_makes(lambda place, size: held[place : place + size], len(held), lambda: [content], levels)


def level_that_makes(
    held: Callable[[int, int], bytes],
    size: int,
    contents: Callable[[], Iterable[bytes]],
    levels: Container[int] = LEVELS,
) -> int | None:
    """The level at which zlib makes `size` bytes, of which `held` gives so many at a place, of pieces of content.

    A level that makes others is left at the first that differ.
    """
    return next((level for level in LEVELS if level in levels and _makes(held, size, contents(), level)), None)


def _makes(held: Callable[[int, int], bytes], size: int, contents: Iterable[bytes], level: int) -> bool:
    place = 0
    for piece in reassemble().deflating(contents, level):
        if held(place, len(piece)) != piece:
            return False
        place += len(piece)
    return place == size


def shared_levels(there: Sequence[int]) -> frozenset[int]:
    """The levels at which zlib here deflates as it does where the fingerprint is `there`."""
    fingerprints = zip(LEVELS, reassemble().fingerprint(), there, strict=False)
    return frozenset(level for level, one, other in fingerprints if one == other)
