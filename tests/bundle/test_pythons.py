"""The Pythons that a file serves, as tags: what is built and what starts a file read them alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.model.pythons import NEWEST, as_rule, known, serves
from pexlite.runtime import tags

EVERY = [f"cp3{minor}" for minor in (*range(6, 20), 30)]
FREE = [f"cp3{minor}t" for minor in (*range(13, 20), 30)]

SERVED = [
    (["cp39"], "cp39", True),
    (["cp39"], "cp310", False),
    (["cp310+"], "cp310", True),
    (["cp310+"], "cp330", True),
    (["cp310+"], "cp39", False),
    (["cp310+"], "cp313t", False),
    (["cp310+"], "pp310", False),
    (["cp313t+"], "cp314t", True),
    (["cp313t+"], "cp314", False),
    (["pp38+"], "pp312", True),
    (["cp36", "cp38+"], "cp37", False),
]


@pytest.mark.parametrize(("pythons", "python", "served"), SERVED)
def test_a_plus_stands_for_every_newer_python(pythons: list[str], python: str, served: bool) -> None:
    assert serves(pythons, python) is served
    assert tags.are_of(pythons, python) is served


@pytest.mark.parametrize(
    ("accepted", "here", "fits"),
    [
        ("pp311_pp73", "pp311_pp73", True),
        ("pp311_pp73", "pp311_pp80", False),
        ("pp311", "pp311_pp80", True),
        ("pp38+", "pp311_pp80", True),
        ("cp311", "pp311_pp73", False),
    ],
)
def test_compiled_wheels_of_a_pypy_take_its_abi(accepted: str, here: str, fits: bool) -> None:
    assert tags.are_of([accepted], here) is fits


_TAGS = st.builds(
    lambda prefix, minor, free, newer: f"{prefix}3{minor}{free if prefix == 'cp' else ''}{newer}",
    st.sampled_from(["cp", "pp"]),
    st.integers(0, 40),
    st.sampled_from(["", "t"]),
    st.sampled_from(["", "+"]),
)


@given(st.lists(_TAGS), _TAGS.filter(lambda tag: not tag.endswith("+")))
def test_the_build_and_the_start_read_tags_alike(pythons: list[str], python: str) -> None:
    assert tags.are_of(pythons, python) is serves(pythons, python)


def test_a_range_that_nothing_ends_has_no_end() -> None:
    assert as_rule(EVERY[2:]) == ("cp38+",)
    assert as_rule([*EVERY, *FREE]) == ("cp36+", "cp313t+")
    assert as_rule([tag for tag in EVERY if tag != "cp37"]) == ("cp36", "cp38+")
    newest = NEWEST["cp"]
    assert as_rule([f"cp3{newest}", "cp330"]) == (f"cp3{newest}+",)
    assert as_rule([f"cp3{newest + 2}", f"cp3{newest + 3}", "cp330"]) == (f"cp3{newest + 2}+",)


def test_a_range_that_something_ends_has_one() -> None:
    assert as_rule(EVERY[:-1]) == tuple(EVERY[:-1])
    assert as_rule(["cp310", "cp311"]) == ("cp310", "cp311")
    assert as_rule(["cp310", "cp330"]) == ("cp310",)
    assert as_rule(["cp330"]) == ()


def test_those_that_are_known_can_be_counted() -> None:
    newest = NEWEST["cp"]
    assert known(["cp39", f"cp3{newest - 1}+"]) == ("cp39", f"cp3{newest - 1}", f"cp3{newest}")
    assert known([f"cp3{newest}t+"], 1) == (f"cp3{newest}t", f"cp3{newest + 1}t")
    assert known(["pp311_pp73"]) == ("pp311",)


def test_programs_are_looked_for_newest_first_and_free_threaded_last() -> None:
    found = list(tags.programs(["cp310", "cp312+", "cp313t+", "pp310"]))
    assert found.index("python3.14") < found.index("python3.12") < found.index("python3.10")
    assert found.index("python3.10") < found.index("python3.14t") < found.index("pypy3.10")
    assert "python3.11" not in found
