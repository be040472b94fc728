"""Wheels that would fill a disk are told from wheels that are merely large."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.bundle.sizes import outsized_wheels
from pexlite.wheels.read import read_wheel
from tests.factories import make_wheel


@pytest.mark.parametrize(
    ("size", "unpacked", "refused"),
    [
        (1_000, 150_000_000, False),
        (10_000_000, 599_000_000, False),
        (10_000_000, 601_000_000, True),
        (1_000_000, 5_000_000_000, True),
        (5_000_000_000, 5_100_000_000, False),
        (25_000_000_000, 31_000_000_000, True),
    ],
)
def test_a_wheel_is_outsized_by_its_size_or_its_ratio(
    size: int, unpacked: int, refused: bool, tmp_path: Path
) -> None:
    wheel = replace(read_wheel(make_wheel(tmp_path, "little")), size=size, unpacked_size=unpacked)
    said = outsized_wheels([wheel])
    assert bool(said) is refused
    assert all("little-1.0-py3-none-any.whl unpacks to" in sentence for sentence in said)
