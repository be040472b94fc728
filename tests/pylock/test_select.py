"""A lock gives each target its own packages and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.model import LockParts, Target
from pexlite.pylock.select import select, wheels_given
from pexlite.wheels.read import read_wheel
from tests.bundle import values
from tests.factories import make_wheel
from tests.pylock.values import lock_of, wheel_entry

LINES = [
    ("always", None),
    ("web", "'web' in extras"),
    ("default", "'default' in dependency_groups"),
    ("dev", "'dev' in dependency_groups and sys_platform == 'linux'"),
]

ROWS = [
    (LockParts(), ["always", "default"]),
    (LockParts(frozenset({"web"})), ["always", "default", "web"]),
    (LockParts(groups=frozenset()), ["always"]),
    (LockParts(groups=frozenset({"default", "dev"})), ["always", "default", "dev"]),
]


@pytest.mark.parametrize(("parts", "names"), ROWS)
def test_extras_and_groups_come_where_they_are_wanted(parts: LockParts, names: list[str], tmp_path: Path) -> None:
    entries = []
    for name, marker in LINES:
        entries.append(wheel_entry(make_wheel(tmp_path, name)) | ({"marker": marker} if marker else {}))
    groups = {"extras": ["web"], "dependency-groups": ["default", "dev"], "default-groups": ["default"]}
    found = select(lock_of(*entries, **groups), [values.target(11)], parts)
    assert sorted(choice.package.name for choice in found) == names


def targets() -> tuple[Target, Target]:
    return values.target(9), values.target(11)


def test_a_target_is_given_the_versions_that_are_its_own(tmp_path: Path) -> None:
    old, new, both = (
        make_wheel(tmp_path, "a", "1.0"),
        make_wheel(tmp_path, "a", "2.0"),
        make_wheel(tmp_path, "b"),
    )
    whole = lock_of(
        wheel_entry(old) | {"marker": "python_version < '3.10'"},
        wheel_entry(new) | {"marker": "python_version >= '3.10'"},
        wheel_entry(both),
    )
    wheels = [read_wheel(path) for path in (old, new, both)]
    names = [
        [found.filename[:3] for found in wheels_given(whole, target, LockParts(), wheels)] for target in targets()
    ]
    assert names == [["a-1", "b-1"], ["a-2", "b-1"]]
