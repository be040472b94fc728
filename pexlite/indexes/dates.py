"""Dates in index settings, as instants, because uv and pip read one text in different ways.

For pip `2026-01-31` is the first moment of the day in the local time zone, for uv its last one. Both get the
instant that is meant here: the first moment of the day in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DAYS = re.compile(r"P(\d{1,5})D", re.ASCII)


def instant_of(text: str, now: datetime | None = None) -> str:
    """The instant for `text` in RFC 3339: a date, a date and time, or days before `now` as "P7D".

    2026-01-31 is 2026-01-31T00:00:00Z; without a time zone it is UTC. Raises ValueError.
    """
    days = _DAYS.fullmatch(text.strip())
    if days:
        found = (now or datetime.now(UTC)) - timedelta(days=int(days[1]))
    else:
        found = datetime.fromisoformat(text.strip())
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return found.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
