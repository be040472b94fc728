"""The script of a delta is compressed by what both sides have."""

from __future__ import annotations

import sys
import zlib

import pytest

from pexlite.ship.delta import delta_of
from pexlite.ship.operations import New
from pexlite.ship.plan import Plan

PLAN = Plan((New(b"content"),), (), (), (), ())


@pytest.mark.parametrize(
    ("there", "missing", "codec"),
    [
        (("xz", "bz2", "zlib"), (), "xz"),
        (("bz2", "zlib"), (), "bz2"),
        (("xz", "bz2", "zlib"), ("lzma",), "bz2"),
        (("xz", "bz2", "zlib"), ("lzma", "bz2"), "zlib"),
        (("xz",), ("lzma",), "zlib"),
        ((), (), "zlib"),
    ],
)
def test_the_best_that_both_have_is_taken(
    there: tuple[str, ...], missing: tuple[str, ...], codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    made = delta_of(PLAN, there)
    assert made.codec == codec
    if codec == "zlib":
        assert zlib.decompress(made.script) == PLAN.script
