"""docs/store.md names what the store writes."""

from __future__ import annotations

import json
from pathlib import Path

from pexlite.store import facts
from pexlite.store.names import NAMES
from pexlite.wheels.read import read_wheel
from tests.docs.tables import first_cells, page, table
from tests.factories import make_wheel


def test_the_names_are_those_that_may_be_removed() -> None:
    shown = [(part.strip("`"), name.strip("`")) for part, name, _ in table("store", "names")]
    assert shown == [(part, name) for part, names in NAMES.items() for name in names]


def test_the_facts_of_a_wheel_are_those_that_are_written(tmp_path: Path) -> None:
    written = json.loads(facts.to_facts(read_wheel(make_wheel(tmp_path, "app"))))
    assert first_cells("store", "facts") == list(written)
    assert f"in the form with the number {facts.FORMAT}:" in page("store")
