"""Long lists of names are cut short in sentences, and never without a word."""

from __future__ import annotations

import pytest

from pexlite.listed import listed


@pytest.mark.parametrize(
    ("names", "most", "words"),
    [
        ([], 3, ""),
        (["click"], 3, "click"),
        (["click", "rich", "six"], 3, "click, rich, six"),
        (["click", "rich", "six", "attrs"], 3, "click, rich, six and 1 more"),
        (["click", "rich", "six"], 1, "click and 2 more"),
    ],
)
def test_what_is_not_shown_is_counted(names: list[str], most: int, words: str) -> None:
    assert listed(names, most) == words
