"""A requirement is one line of a file for uv and pip, and nothing else, or it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.errors import UsageError
from pexlite.requirements.lines import requirement_line, write_lines

WHOLE = [
    "click",
    "click==8.1.7 ; python_version < '3.9'",
    "a[b,c] @ https://host.example/a-1.0.tar.gz#subdirectory=x",
    "a @ git+ssh://git@host.example/a.git@0123456789",
    "a @ https://host.example/$HOME/${lower}/a-1.0.tar.gz",
]


@pytest.mark.parametrize("requirement", WHOLE)
def test_a_requirement_is_its_own_line(requirement: str) -> None:
    assert requirement_line(requirement) == requirement


def test_hashes_come_behind_it() -> None:
    assert requirement_line("a==1", ["sha256:00ff"]) == "a==1 --hash=sha256:00ff"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n--index-url http://127.0.0.1/", "more than one line"),
        ("a\r-r /etc/passwd", "more than one line"),
        ("a\x0c-e .", "more than one line"),
        ("a\u2028b", "more than one line"),
        ("a\x00", "more than one line"),
        ("-r other.txt", "an option"),
        ("a @ https://host.example/ --global-option=x", "an option"),
        ("a @ git+https://host.example/x #egg=y", "a comment"),
        ("# a", "a comment"),
        ("a @ file:///x\\", "a part of it"),
        ("a @ https://host.example/${SECRET}/a-1.0.tar.gz", "a variable of the environment"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as failure:
        requirement_line(text)
    assert words in failure.value.causes[0]


@pytest.mark.parametrize("digest", ["sha256:00 -r x", "sha256:00\nb", "x"])
def test_a_hash_is_a_hash(digest: str) -> None:
    with pytest.raises(UsageError, match="'a' has a hash that is none"):
        requirement_line("a", [digest])


def test_every_line_ends(tmp_path: Path) -> None:
    assert write_lines(tmp_path / "x", ["a", "b"]).read_text() == "a\nb\n"
