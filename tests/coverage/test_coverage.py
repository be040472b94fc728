"""A module that the tests hardly run has a reason in tests/README.md, and no other has."""

from __future__ import annotations

import pytest

from tests.checkout import REPOSITORY
from tests.programs.coverage.__main__ import problems, reasons


@pytest.mark.parametrize(
    ("covered", "given", "said"),
    [
        ({"a.py": 90.0}, {}, []),
        ({"a.py": 89.6}, {}, ["a.py: 89.6 %, and tests/README.md gives no reason"]),
        ({"a.py": 12.3}, {"a.py": "macOS"}, []),
        (
            {"a.py": 97.0},
            {"a.py": "macOS"},
            ["a.py: 97.0 %, so tests/README.md need give no reason"],
        ),
        (
            {},
            {"a.py": "macOS"},
            ["a.py: tests/README.md gives a reason, and there is no such module"],
        ),
        ({"a/b.py": 12.3, "a/c.py": 45.6}, {"a/": "elsewhere", "a/c.py": "macOS"}, []),
        (
            {"a/b.py": 97.0, "a/c.py": 45.6, "b.py": 12.3},
            {"a/": "elsewhere", "a/c.py": "macOS"},
            [
                "b.py: 12.3 %, and tests/README.md gives no reason",
                "a/: all of it is run, so tests/README.md need give no reason",
            ],
        ),
    ],
)
def test_low_modules_and_reasons_are_compared(
    covered: dict[str, float], given: dict[str, str], said: list[str]
) -> None:
    assert problems(covered, given) == said


def test_a_reason_is_a_row_of_a_table() -> None:
    table = "| module | why |\n|---|---|\n| `pexlite/a.py` | macOS only |\n| `tests/b.py` | no module |\n"
    assert reasons(table) == {"pexlite/a.py": "macOS only"}


@pytest.mark.parametrize(("minor", "given"), [(11, {"pexlite/a.py": "new grammar"}), (12, {})])
def test_a_reason_may_hold_on_older_pythons_alone(minor: int, given: dict[str, str]) -> None:
    assert reasons("| `pexlite/a.py` | before Python 3.12: new grammar |\n", minor) == given


def test_every_module_with_a_reason_is_there() -> None:
    given = reasons((REPOSITORY / "tests" / "README.md").read_text(encoding="utf-8"), minor=0)
    assert [name for name in given if not (REPOSITORY / name).exists()] == []
