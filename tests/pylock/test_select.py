"""A lock gives each target its own packages and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import FetchError
from pexlite.model import LockParts, Target
from pexlite.pylock.rules import LockRules
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


@pytest.mark.parametrize(
    ("entry", "whole", "said"),
    [
        ({}, {"requires-python": ">=3.12"}, "the lock is for Python >=3.12, this is 3.11.5"),
        ({}, {"environments": ["os_name == 'nt'"]}, 'the lock is for other environments: os_name == "nt"'),
        ({"requires-python": "<3.10"}, {}, "a 1.0 needs Python <3.10"),
        ({}, {}, "a 1.0 has no wheel that fits; there are a-1.0-cp39-cp39-win32.whl"),
    ],
)
def test_a_target_that_a_lock_does_not_fit_is_told_why(
    entry: dict[str, Any], whole: dict[str, Any], said: str, tmp_path: Path
) -> None:
    foreign = wheel_entry(make_wheel(tmp_path, "a", tag="cp39-cp39-win32")) | entry
    with pytest.raises(FetchError, match="the lock does not fit") as refused:
        select(lock_of(foreign, **whole), [values.target(11)], LockParts(), LockRules(given=True))
    assert refused.value.causes == (f"cp311 on linux_x86_64: {said}",)


def test_two_entries_for_one_package_that_both_apply_are_told(tmp_path: Path) -> None:
    twice = [wheel_entry(make_wheel(tmp_path, "a", version)) for version in ("1.0", "2.0")]
    with pytest.raises(FetchError, match="the lock does not fit") as refused:
        select(lock_of(*twice), [values.target(11)], LockParts(), LockRules(given=True))
    (cause,) = refused.value.causes
    assert "'a' are selected at packages[1] and packages[0]" in cause


@pytest.mark.parametrize(
    "rules", [LockRules(given=True), LockRules(require_hashes=True)], ids=["given", "required"]
)
def test_digests_that_can_be_forged_prove_nothing(rules: LockRules, tmp_path: Path) -> None:
    weak = lock_of(*(wheel_entry(make_wheel(tmp_path, name), hashes={"md5": "0" * 32}) for name in ("a", "b")))
    with pytest.raises(FetchError, match="breaks 2 rules") as refused:
        select(weak, [values.target(11)], LockParts(), rules)
    assert refused.value.causes[0] == "a has a digest by md5 alone, which proves nothing"
    assert len(select(weak, [values.target(11)], LockParts(), LockRules())) == 2
