"""pip is asked for its log only when a failure leaves something to find out: that takes as long as half a run."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pexlite.errors import ResolutionError
from pexlite.model import IndexSettings, Root
from pexlite.resolve import pip as by_pip
from pexlite.resolve.job import Job
from pexlite.resolve.run import Outcome, Program
from pexlite.targets.interpreters import running_target

JOB = Job((Root(Requirement("core"), "the test"),), (), (), running_target(), IndexSettings(no_index=True))
NOTHING = Outcome(1, "", "ERROR: No matching distribution found for core\n")
UNFETCHED = (
    "2026-01-01T00:00:00,000 Could not fetch URL https://index.example/core/: connection error: "
    "HTTPSConnectionPool(host='index.example', port=443): Connection refused - skipping\n"
)
CONFLICT = Outcome(
    1, "The conflict is caused by:\n    The user requested core<2\n    a 1 depends on core>=2\n", ""
)
BROKEN = Outcome(1, "", "ERROR: Failed to build core: setup.py says no\n")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[bool]]:
    """A function that gives pip's runs these endings; its list tells of each whether it was asked for its log."""

    def set_up(*endings: Outcome) -> list[bool]:
        logged: list[bool] = []

        def attempt(
            _program: Program, arguments: Sequence[str], _settings: IndexSettings, **_options: object
        ) -> Outcome:
            words = dict(itertools.pairwise(arguments))
            logged.append("--log" in words)
            if logged[-1]:
                Path(words["--log"]).write_text(UNFETCHED)
            outcome = endings[len(logged) - 1]
            if not outcome.code:
                Path(words["--report"]).write_text(json.dumps({"install": []}))
            return outcome

        monkeypatch.setattr(by_pip, "attempt", attempt)
        return logged

    return set_up


def test_no_log_is_kept_of_what_goes_well(runs: Callable[..., list[bool]]) -> None:
    logged = runs(Outcome(0, "", ""))
    by_pip.Pip().resolve(JOB)
    assert logged == [False]


def test_where_nothing_was_found_the_log_says_why(runs: Callable[..., list[bool]]) -> None:
    logged = runs(NOTHING, NOTHING)
    with pytest.raises(ResolutionError, match=r"cannot be reached: no connection to index\.example"):
        by_pip.Pip().resolve(JOB)
    assert logged == [False, True]


def test_what_goes_well_the_second_time_has_gone_well(runs: Callable[..., list[bool]]) -> None:
    logged = runs(NOTHING, Outcome(0, "", ""))
    by_pip.Pip().resolve(JOB)
    assert logged == [False, True]


@pytest.mark.parametrize(
    ("outcome", "words"), [(CONFLICT, "a 1 depends on core>=2"), (BROKEN, "setup.py says no")]
)
def test_what_tells_enough_is_not_done_again(
    outcome: Outcome, words: str, runs: Callable[..., list[bool]]
) -> None:
    logged = runs(outcome)
    with pytest.raises(ResolutionError) as raised:
        by_pip.Pip().resolve(JOB)
    assert logged == [False]
    assert any(words in cause for cause in raised.value.causes)
