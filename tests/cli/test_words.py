"""Sizes, times and counts as people read them."""

from __future__ import annotations

import pytest

from pexlite.cli.words import count_in_words, seconds_in_words, size_in_words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_960, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_234_567, "1.2 MB"),
        (532_000_000, "532 MB"),
        (4_500_000_000, "4.5 GB"),
        (1_500_000_000_000, "1500 GB"),
    ],
)
def test_sizes_have_two_or_three_digits_and_a_decimal_unit(size: int, words: str) -> None:
    assert size_in_words(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (0.42, "0.4 s"), (59.9, "59.9 s"), (59.96, "1 min 0 s"), (83.5, "1 min 23 s")],
)
def test_times_are_in_seconds_until_there_is_a_minute(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_one_is_not_many() -> None:
    assert [count_in_words(count, "wheel") for count in (0, 1, 2)] == ["0 wheels", "1 wheel", "2 wheels"]
