"""Notices about wheels that differ from their RECORD."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pexlite.bundle.records import unlike_records
from tests.bundle.values import wheel

INFO = "demo-1.0.dist-info"


@pytest.mark.parametrize(
    ("unlike", "notices"),
    [
        ([], []),
        ([f"{INFO}/WHEEL"], ["goes in, though RECORD says something else of its WHEEL"]),
        (["demo/a.py"], ["goes in, though RECORD says something else of its demo/a.py"]),
        (["demo/gone.py"], ["goes in, though RECORD names files that it lacks: demo/gone.py"]),
        (
            ["demo/gone.py", "demo/a.py", *(f"demo/{number}.py" for number in range(9))],
            [
                "goes in, though RECORD says something else of its demo/a.py",
                "goes in, though RECORD names files that it lacks: demo/gone.py, demo/0.py, demo/1.py and 7 more",
            ],
        ),
    ],
)
def test_a_wheel_is_noted_with_the_files_that_its_record_tells_wrongly(
    unlike: list[str], notices: list[str]
) -> None:
    found = replace(wheel("demo-1.0", files=("demo/a.py", f"{INFO}/WHEEL")), unlike_record=tuple(unlike))
    assert list(unlike_records([found])) == [f"{found.filename} {notice}" for notice in notices]


def test_a_wheel_is_noted_whose_record_is_written_otherwise() -> None:
    found = replace(wheel("demo-1.0", files=("demo/a.py",)), record_dialects=("digests in hex", "odd things"))
    assert list(unlike_records([found])) == [
        f"{found.filename} goes in, though its RECORD has digests in hex, odd things"
    ]
