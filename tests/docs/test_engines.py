"""docs/engines.md names the words and variables by which the code tells Ray and Dask."""

from __future__ import annotations

import re

from pexlite.archive.runtime_files import ROOM_DIRECTORY
from tests.docs.tables import table


def test_the_engines_are_those_that_are_told() -> None:
    source = (ROOM_DIRECTORY / "app" / "launch.py").read_text(encoding="utf-8")
    body = source.partition("def is_python_of_a_worker")[2].partition('"""\n')[2].partition("\ndef ")[0]
    told = set(re.findall(r'"([^"]*)"', body)) - {"", "-m"}
    rows = table("engines", "pythons")
    words = {row[1].strip("`").split()[-2].removeprefix("/…") for row in rows}
    assert words | {row[2].strip("`") for row in rows} == told
