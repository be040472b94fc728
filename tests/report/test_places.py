"""Places where a file does not run are told in few words."""

from __future__ import annotations

from pexlite.contents.values import Limit
from pexlite.report.places import merged, places_in_words


def test_pythons_are_ranges_and_platforms_follow() -> None:
    assert places_in_words([]) == ""
    assert places_in_words(["CPython 3.9"]) == "CPython 3.9"
    places = ["CPython 3.9", "CPython 3.12", "CPython 3.13", "CPython 3.14", "other platforms"]
    assert places_in_words(places) == "CPython 3.9, 3.12 to 3.14, other platforms"


def test_limits_of_the_same_wheels_are_one() -> None:
    def limit(place: str, *wheels: str) -> Limit:
        return Limit(place, tuple(f"{wheel} has no wheel for {place} here" for wheel in wheels), wheels)

    found = merged(
        [
            limit("CPython 3.9", "a", "b"),
            limit("CPython 3.12", "a"),
            limit("CPython 3.13", "a"),
            limit("musl", "a"),
        ]
    )
    assert [one.place for one in found] == ["CPython 3.9", "CPython 3.12 to 3.13", "musl"]
    assert found[1].reasons == ("a has no wheel for CPython 3.12 to 3.13 here",)
