"""The diff from a lock to the requirements that it no longer satisfies."""

from __future__ import annotations

import pytest

from pexlite.bundle.lock_changes import changes
from pexlite.model import Amendments
from tests.bundle.values import roots, target, wheel

APP = wheel("app-1", ["click>=8", "colorama; sys_platform == 'win32'"])
CLICK = wheel("click-8.1")
OLD = wheel("old-2")
MAC = wheel("native-1-cp311-cp311-macosx_11_0_arm64.whl")

ROWS = [
    (["app"], [APP, CLICK], ()),
    # Too much is no fault.
    (["app"], [APP, CLICK, OLD], ()),
    (["app", "click>=9"], [APP, CLICK], ("- click 8.1", "+ click>=9  asked for by the command line")),
    (
        ["app", "Rich[jupyter]"],
        [APP, CLICK, OLD],
        ("+ Rich[jupyter]  asked for by the command line", "- old 2  nothing asks for it"),
    ),
    (["app"], [APP], ("+ click>=8  asked for by app-1-py3-none-any.whl",)),
    (
        ["native"],
        [MAC],
        (
            "- native-1-cp311-cp311-macosx_11_0_arm64.whl  does not fit",
            "+ native  asked for by the command line",
            "- native 1  nothing asks for it",
        ),
    ),
]


@pytest.mark.parametrize(("asked", "locked", "expected"), ROWS)
def test_a_lock_is_compared_with_requirements(
    asked: list[str], locked: list[object], expected: tuple[str, ...]
) -> None:
    assert changes(roots(*asked), locked, target(11), Amendments()) == expected  # type: ignore[arg-type]
