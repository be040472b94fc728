"""The places where a file does not run, in few words: "CPython 3.12 to 3.15, musl"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pexlite.bundle.runs_on import pythons_in_words
from pexlite.contents.values import Limit

_PYTHON = re.compile(r"CPython 3\.(\d+)")


def places_in_words(places: Sequence[str]) -> str:
    """The `places` in one line, CPythons as ranges; "" where there are none."""
    pythons = [f"cp3{found[1]}" for found in map(_PYTHON.fullmatch, places) if found]
    others = [place for place in places if not _PYTHON.fullmatch(place)]
    return ", ".join([*([pythons_in_words(pythons)] if pythons else []), *others])


def merged(limits: Sequence[Limit]) -> tuple[Limit, ...]:
    """The `limits`, those that the same wheels set to several CPythons as one, where the first of them stands."""
    groups: dict[object, list[Limit]] = {}
    for limit in limits:
        python = _PYTHON.fullmatch(limit.place)
        groups.setdefault(_reasons_elsewhere(limit) if python else limit, []).append(limit)
    return tuple(_as_one(alike) for alike in groups.values())


def _reasons_elsewhere(limit: Limit) -> tuple[str, ...]:
    """Its reasons, without the name of the Python."""
    return tuple(sentence.replace(limit.place, "") for sentence in limit.reasons)


def _as_one(alike: Sequence[Limit]) -> Limit:
    first = alike[0]
    place = places_in_words([limit.place for limit in alike])
    return replace(first, place=place, reasons=tuple(one.replace(first.place, place) for one in first.reasons))
