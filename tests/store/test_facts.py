"""Facts of a wheel that another version wrote, or that are cut off, are read anew from the wheel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pexlite.store.facts import StaleFactsError, from_facts, to_facts
from pexlite.wheels.read import read_wheel
from tests.factories import make_wheel


@pytest.mark.parametrize(
    "changes", [{"format": -1}, {"filename": "no wheel"}, {"sizes": "one"}, {"sizes": None}, {"requires_dist": 1}]
)
def test_facts_of_another_form_are_stale(changes: dict[str, object], tmp_path: Path) -> None:
    facts = to_facts(read_wheel(make_wheel(tmp_path, "a")))
    with pytest.raises(StaleFactsError):
        from_facts(json.dumps(json.loads(facts) | changes).encode(), tmp_path)
    with pytest.raises(StaleFactsError):
        from_facts(facts[:-1], tmp_path)
