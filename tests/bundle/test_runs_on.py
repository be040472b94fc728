"""The words that say what a file runs on."""

from __future__ import annotations

import pytest

from pexlite.bundle.runs_on import runs_on
from pexlite.model import Libc, Variant

GLIBC = Libc("glibc", (2, 17))

ROWS = [
    ((Variant(("cp311",), "any", None, None, ()),), "CPython 3.11"),
    ((Variant(("cp39", "cp310", "cp311", "cp313"), "any", None, None, ()),), "CPython 3.9 to 3.11, 3.13"),
    (
        (Variant(("cp39", "cp310"), "linux_x86_64", GLIBC, None, ()),),
        "CPython 3.9 to 3.10 on linux x86_64 (glibc 2.17+)",
    ),
    ((Variant(("cp313", "cp313t"), "any", None, None, ()),), "CPython 3.13, 3.13t"),
    ((Variant(("cp310+",), "any", None, None, ()),), "CPython 3.10 and newer (not free-threaded)"),
    ((Variant(("cp310+", "cp313t+"), "any", None, None, ()),), "CPython 3.10 and newer"),
    ((Variant(("cp314+", "cp314t+"), "any", None, None, ()),), "CPython 3.14 and newer"),
    ((Variant(("cp310+", "cp313t"), "any", None, None, ()),), "CPython 3.10 and newer, 3.13t"),
    ((Variant(("cp38+", "cp313t+", "pp38+"), "any", None, None, ()),), "CPython and PyPy 3.8 and newer"),
    (
        (Variant(("cp36", "cp38+", "cp313t+", "pp38+"), "any", None, None, ()),),
        "CPython 3.6, 3.8 and newer, PyPy 3.8 and newer",
    ),
    ((Variant(("cp311", "pp311_pp73"), "any", None, None, ()),), "CPython 3.11 and PyPy 3.11 (pp73)"),
    (
        (Variant(("cp312", "pp310"), "macosx_arm64", None, (11, 0), ()),),
        "CPython 3.12 and PyPy 3.10 on macOS arm64 (11.0+)",
    ),
    (
        (
            Variant(("cp311",), "linux_x86_64", GLIBC, None, ()),
            Variant(("cp312",), "linux_x86_64", GLIBC, None, (1,)),
            Variant(("cp312",), "linux_aarch64", Libc("musl", (1, 2)), None, (2,)),
        ),
        "CPython 3.11 to 3.12 on linux x86_64 (glibc 2.17+); CPython 3.12 on linux aarch64 (musl 1.2+)",
    ),
]


@pytest.mark.parametrize(("variants", "words"), ROWS)
def test_ranges_are_collapsed_and_places_named(variants: tuple[Variant, ...], words: str) -> None:
    assert runs_on(variants) == words
