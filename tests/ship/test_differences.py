"""Differences give the new content back, and say little where machine code has moved."""

from __future__ import annotations

import random
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pexlite.ship.differences import Difference, difference
from pexlite.ship.room import patched

FUNCTIONS = 400


def machine_code(inserted: bytes = b"") -> bytes:
    """An ELF file of x86-64 in outline: functions that call each other, and a table of where they begin.

    With `inserted` in the middle, all calls across it and half of the table differ.
    """
    chosen = random.Random(5)
    bodies = [chosen.randbytes(chosen.randrange(64, 900)) for _ in range(FUNCTIONS)]
    calls = [[chosen.randrange(FUNCTIONS) for _ in range(8)] for _ in range(FUNCTIONS)]
    bodies[FUNCTIONS // 2] += inserted
    head = b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + b"\x3e\0" + bytes((1 << 16) - 20)
    starts, place = [], len(head)
    for body in bodies:
        starts.append(place)
        place += len(body) + 5 * 8
    parts = [head]
    for start, body, called in zip(starts, bodies, calls, strict=True):
        parts.append(body)
        at = start + len(body)
        for number in called:
            at += 5
            parts.append(b"\xe8" + struct.pack("<i", starts[number] - at))
    text = b"".join(parts)
    text += bytes(-len(text) % 8)
    return text + struct.pack(f"<{FUNCTIONS}Q", *starts)


def applied(old: bytes, made: Difference) -> bytes:
    return b"".join(patched().patched(old, made.controls, made.runs, made.changed, made.extras, made.moves))


def test_code_that_has_moved_is_told_in_a_few_bytes() -> None:
    old, new = machine_code(), machine_code(b"an instruction")
    made = difference(old, new, 60)
    assert made is not None and made.moves
    assert applied(old, made) == new
    # Each of thousands of references differs, and bsdiff alone has to say so.
    assert sum(one != other for one, other in zip(old, new, strict=False)) > 20_000
    assert len(zlib.compress(made.changed)) + len(made.runs) < 600


def test_what_is_no_machine_code_has_no_references() -> None:
    old, new = machine_code()[1:], machine_code(b"an instruction")[1:]
    made = difference(old, new, 60)
    assert made is not None and not made.moves
    assert applied(old, made) == new
    assert len(made.changed) > 2000


@given(some.binary(max_size=300), some.binary(max_size=300), some.binary(max_size=50), some.booleans())
def test_any_content_comes_of_any_other(start: bytes, end: bytes, between: bytes, as_code: bool) -> None:
    head = machine_code()[:20] if as_code else b""
    old, new = head + start + bytes(10) + end, head + start + between + end
    for one, other in ((old, new), (new, old), (old, old), (old, b""), (b"", old)):
        made = difference(one, other, 60)
        assert made is not None and applied(one, made) == other


@pytest.mark.parametrize(
    ("controls", "runs", "changed"),
    [
        (((20, 0, 0),), (20, 0), b""),
        (((5, 0, -9), (5, 0, 0)), (10, 0), b""),
        (((5, 0, 0),), (), b""),
        (((5, 0, 0),), (1, 1), b"a"),
        (((5, 0, 0),), (0, 5), b"abc"),
        (((5, 0, 0),), (0, 0, 0, 5), b"abcde"),
    ],
    ids=["beyond the end", "before the beginning", "no runs", "too few runs", "too few bytes", "an empty run"],
)
def test_what_does_not_fit_is_told(
    controls: tuple[tuple[int, int, int], ...], runs: tuple[int, ...], changed: bytes
) -> None:
    with pytest.raises(patched().Misfit):
        list(patched().patched(b"0123456789", controls, runs, changed, b"", moves=True))
