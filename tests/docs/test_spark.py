"""docs/spark.md names the ways and settings that the code has."""

from __future__ import annotations

import re

from pexlite.archive.runtime_files import ROOM_DIRECTORY
from tests.docs.tables import page, table


def source(path: str) -> str:
    return (ROOM_DIRECTORY / path).read_text(encoding="utf-8")


def test_the_ways_of_spark_are_those_that_are_told() -> None:
    like_sparks = source("app/launch.py").partition("def like_sparks")[2].partition("\ndef ")[0]
    ways = {*re.findall(r'return "([a-z]+)"', like_sparks), "application"}
    rows = table("spark", "ways")
    assert {row[0] for row in rows} == ways and '"application" if' in source("app/spark.py")
    [variables] = re.findall(r"_OF_WORKERS = \((.*?)\)", source("app/launch.py"), flags=re.DOTALL)
    assert re.findall(r"`([A-Z_]+)`", rows[0][2]) == re.findall(r'"([A-Z_]+)"', variables)


def test_settings_of_spark_are_those_that_are_made() -> None:
    made = set(re.findall(r'"(spark\.[\w.]+[a-zA-Z])"', source("app/sharing.py"))) - {"spark.master"}
    assert {name for name in made if f"`{name}`" not in page("spark")} == set()
