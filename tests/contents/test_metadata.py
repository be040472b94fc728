"""Whatever a METADATA says is read as plain text: the best word for its licence, and no character that acts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.contents.metadata import plain, said


@pytest.mark.parametrize(
    ("lines", "words", "expression"),
    [
        (["License-Expression: mit or apache-2.0"], "MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        (["License-Expression: my very own"], "my very own", ""),
        (["License: MIT"], "MIT", ""),
        (["License: UNKNOWN", "Classifier: License :: OSI Approved :: MIT License"], "MIT License", ""),
        (["License: BSD", "Classifier: License :: OSI Approved :: BSD License"], "BSD License", ""),
        (["Classifier: License :: OSI Approved", "Classifier: Topic :: x :: y"], "", ""),
        (["License: The MIT License\n        with many\n        lines"], "The MIT License", ""),
        ([], "", ""),
    ],
)
def test_a_licence_is_told_by_the_best_that_is_said(lines: list[str], words: str, expression: str) -> None:
    licence = said("\n".join(["Name: x", *lines, "", "License: in the description"]).encode()).licence
    assert (licence.words, licence.expression) == (words, expression)


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("summary", b"Summary: red\x1b[31m text\x07 \xe2\x80\xaeback\n"),
        ("author", b"Author: a\xff\xfeb\n"),
        ("requires_python", b"Requires-Python: >=3.8\x00\n"),
    ],
)
def test_no_character_that_acts_on_a_terminal_comes_through(field: str, content: bytes) -> None:
    assert getattr(said(content), field).isprintable()


def test_only_addresses_that_a_browser_would_open_are_taken() -> None:
    lines = [
        "Project-URL: Home, https://a.example/x",
        "Project-URL: Bad, javascript:alert(1)",
        "Home-page: file:///x",
    ]
    assert said("\n".join(lines).encode()).urls == (("Home", "https://a.example/x"),)


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("https://a.example", True),
        ("HTTP://a-b.example:8080/~c/d%20e.html?x=1&y=(2,3);z#top", True),
        ("https://a.example#x", True),
        ("https://::", False),
        ("https://", False),
        ("https:///x", False),
        ("https://a.example:port/", False),
        ("https://[a]/", False),
        ("https://a.example/%2", False),
        ("https://a.example/<b>", False),
        ("https://a.example/#b#c", False),
    ],
)
def test_an_address_has_the_form_of_one(address: str, is_taken: bool) -> None:
    assert said(f"Home-page: {address}\n".encode()).urls == ((("Homepage", address),) if is_taken else ())


def test_a_huge_metadata_is_read_no_further_than_its_head() -> None:
    assert len(said(b"Requires-Dist: a\n" * 200_000).requires) <= 5000
    assert len(said(b"Summary: " + b"x" * 5_000_000).summary) <= 300


@given(st.binary(max_size=400))
def test_any_bytes_are_read(content: bytes) -> None:
    found = said(content)
    assert all(line.isprintable() for line in (found.summary, found.author, *found.requires))


@given(st.text(max_size=500))
def test_any_text_becomes_one_line(text: str) -> None:
    assert "\n" not in plain(text)
    assert len(plain(text)) <= 300
