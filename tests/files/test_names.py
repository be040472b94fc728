"""Names that a file may have."""

from __future__ import annotations

import pytest

from pexlite.files.names import fault_of_name, fault_of_path

ASTRAY = [
    "",
    ".",
    "..",
    "/x",
    "x/",
    "a//b",
    "./a",
    "a/../b",
    "a/..",
    "C:/x",
    "c:x",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\rb",
]
LINE_ENDS = ["a\x85b", "a\u2028b", "a\u2029b", "a\x0bb", "a\x0cb", "a\x1cb"]
TOO_LONG = ["x" * 256, "ü" * 128, f"a/{'x' * 256}/b"]
FINE = [
    "a",
    "a/b",
    ".a",
    "...",
    "a b",
    "-",
    "ü",
    "x" * 255,
    "a/" + "ü" * 127,
    "/".join(["x" * 200] * 9),
    "ab:c",
    "~",
]


@pytest.mark.parametrize("path", [*ASTRAY, *LINE_ENDS])
def test_a_path_that_leads_astray_or_is_several_lines_is_none(path: str) -> None:
    assert fault_of_path(path) == fault_of_name(path.replace("/", "\0")) == "would be written elsewhere"


@pytest.mark.parametrize("path", TOO_LONG)
def test_a_name_that_no_file_system_takes_is_none(path: str) -> None:
    assert "255 bytes" in str(fault_of_path(path))


@pytest.mark.parametrize("path", FINE)
def test_every_other_name_is_one(path: str) -> None:
    assert fault_of_path(path) is None
    assert (fault_of_name(path) is None) == ("/" not in path)
