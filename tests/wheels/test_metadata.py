"""METADATA as it is found in the wild."""

from __future__ import annotations

import pytest

from pexlite.wheels.metadata import UnreadableError, read_metadata

ROWS = [
    ("Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b\n\nRequires-Dist: not this one\n", ["b"]),
    (
        "Metadata-Version: 2.5\nName: a\nVersion: 1\nImport-Name: a\nRequires-Dist: b>=1 ; extra == 'x'\n",
        ["b>=1 ; extra == 'x'"],
    ),
    ("Metadata-Version: 9.9\nName: a\nVersion: 1\nNo-Such-Field: x\nRequires-Dist: b\n", ["b"]),
    # A licence of several lines, one of them of blanks alone.
    ("Name: a\nVersion: 1\nLicense: MIT\n        \n        more words\n        \nRequires-Dist: b\n", ["b"]),
    ("Name: a\r\nVersion: 1\r\nRequires-Dist: b\r\n\r\nwords\r\n", ["b"]),
    ("Name: a\nVersion: 1\nSummary: one\n\ttwo\nRequires-Dist: b\nRequires-Dist: c\n", ["b", "c"]),
    ("Name: a\nName: z\nVersion: 1\nVersion: 2\nProject-URL: no label\nRequires-Dist: b\n", ["b"]),
    ("Name: a\nVersion: 1\nSummary: a\x0cb\u2028c\nRequires-Dist: b\n", ["b"]),
]


@pytest.mark.parametrize(("text", "requires"), ROWS)
def test_requirements_are_read_whatever_surrounds_them(text: str, requires: list[str]) -> None:
    found = read_metadata(text)
    assert (found.name, found.version, list(found.requires_dist)) == ("a", "1", requires)


def test_of_a_field_that_is_there_twice_the_first_counts() -> None:
    text = "Name: a\nVersion: 1\nRequires-Python: >=3.8\nRequires-Python: >=3.9\n"
    assert read_metadata(text).requires_python == ">=3.8"


@pytest.mark.parametrize(("text", "missing"), [("Version: 1\n", "Name"), ("Name: a\n", "Version"), ("", "Name")])
def test_a_wheel_without_a_name_or_version_is_refused(text: str, missing: str) -> None:
    with pytest.raises(UnreadableError, match=f"METADATA has no {missing}"):
        read_metadata(text)
