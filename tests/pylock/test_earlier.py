"""The changes from one lock to another are told by project."""

from __future__ import annotations

from typing import Any

import pytest

from pexlite.pylock.earlier import lock_changes
from tests.pylock.values import lock_of


def package(version: str, digest: str, name: str = "core") -> dict[str, Any]:
    """A package of a lock, with one wheel of this digest."""
    wheel = {
        "name": f"{name}-{version}-py3-none-any.whl",
        "url": "https://a.example/x.whl",
        "hashes": {"sha256": digest},
    }
    return {"name": name, "version": version, "wheels": [wheel]}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (package("1.0", "a" * 64), package("1.0", "a" * 64), []),
        (package("1.0", "a" * 64), package("2.0", "b" * 64), ["core 1.0 -> 2.0"]),
        (package("1.0", "a" * 64), package("1.0", "b" * 64), ["core 1.0 -> 1.0 (other files)"]),
        (package("1.0", "a" * 64, "old"), package("1.0", "a" * 64, "new"), ["+ new 1.0", "- old 1.0"]),
    ],
)
def test_other_versions_and_other_files_of_one_are_changes(
    before: dict[str, Any], after: dict[str, Any], told: list[str]
) -> None:
    assert [str(change) for change in lock_changes(lock_of(before), lock_of(after))] == told
