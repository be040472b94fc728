"""Digests of a file that arrives in pieces of any size."""

from __future__ import annotations

import hashlib

import pytest

from pexlite.ship.remote.arrived import Digests
from tests.ship.conftest import noise

CONTENT = noise(10_000, 1)
WHEELS = [(100, 50), (150, 0), (150, 4000), (5000, 4999), (9999, 1)]


def wheel(offset: int, size: int) -> list[object]:
    return [hashlib.sha256(CONTENT[offset : offset + size]).hexdigest(), offset, size]


def taken(content: bytes, step: int) -> Digests:
    digests = Digests([wheel(*place) for place in reversed(WHEELS)])
    for place in range(0, len(content), step):
        digests.update(content[place : place + step])
    return digests


@pytest.mark.parametrize("step", [1, 7, 50, 4999, 10_000])
def test_each_wheel_is_checked(step: int) -> None:
    digests = taken(CONTENT, step)
    assert (digests.whole(), digests.wrong) == (hashlib.sha256(CONTENT).hexdigest(), [])


@pytest.mark.parametrize(("place", "wrong"), [(0, None), (100, 0), (149, 0), (4149, 2), (9998, 3), (9999, 4)])
def test_the_wheel_with_a_wrong_byte_is_named(place: int, wrong: int | None) -> None:
    content = bytearray(CONTENT)
    content[place] ^= 1
    digests = taken(bytes(content), 1000)
    assert digests.wrong == ([] if wrong is None else [wheel(*WHEELS[wrong])[0]])
    assert digests.whole() != hashlib.sha256(CONTENT).hexdigest()
