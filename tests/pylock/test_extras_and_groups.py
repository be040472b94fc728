"""The extras and dependency groups of a lock."""

from __future__ import annotations

import pytest

from pexlite.pylock.extras_and_groups import has_group, missing_extras, wanted_parts
from tests.pylock.values import lock_of

LOCK = lock_of(
    **{"extras": ["web", "sql-all"], "dependency-groups": ["default", "Dev"], "default-groups": ["default"]}
)

ROWS: list[tuple[list[str], list[str], set[str], set[str]]] = [
    ([], [], set(), {"default"}),
    (["SQL_all"], [], {"sql-all"}, {"default"}),
    (["web", "other"], ["dev", "more"], {"web"}, {"default", "Dev"}),
]


@pytest.mark.parametrize(("extras", "groups", "wanted", "wanted_groups"), ROWS)
def test_what_is_asked_for_is_found_under_the_locks_own_spelling(
    extras: list[str], groups: list[str], wanted: set[str], wanted_groups: set[str]
) -> None:
    parts = wanted_parts(LOCK, extras, groups)
    assert (set(parts.extras), set(parts.groups or ())) == (wanted, wanted_groups)


def test_an_extra_it_does_not_have_is_a_problem_with_the_nearest() -> None:
    [problem] = missing_extras(LOCK, ["web", "wep"])
    assert (problem.message, problem.hint) == ("the lock has no extra 'wep'", "did you mean web?")
    [problem] = missing_extras(lock_of(), ["web"])
    assert problem.hint == "it has no extras at all; lock again with --extra"


@pytest.mark.parametrize(("name", "there"), [("dev", True), ("DEV", True), ("test", False)])
def test_groups_are_known_by_their_normal_names(name: str, there: bool) -> None:
    assert has_group(LOCK, name) is there
