"""METADATA as it is found in the wild."""

from __future__ import annotations

import pytest

from pexlite.wheels.metadata import read_metadata

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
    ("Name: a\nVersion: 1\nSummary: a\x0cb\u2028c\nRequires-Dist: b\n", ["b"]),
]


@pytest.mark.parametrize(("text", "requires"), ROWS)
def test_requirements_are_read_whatever_surrounds_them(text: str, requires: list[str]) -> None:
    found = read_metadata(text)
    assert (found.name, found.version, list(found.requires_dist)) == ("a", "1", requires)
