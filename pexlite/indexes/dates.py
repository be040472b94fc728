"""Dates that index settings name, as instants: uv and pip read the same text in ways of their own.

Of `2026-01-31` pip takes the first moment of the day in the local time zone, and uv its last one. Both are handed
what is meant here: the first moment of the day, in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DAYS = re.compile(r"P(\d{1,5})D", re.ASCII)


def instant_of(text: str, now: datetime | None = None) -> str:
    """The instant that `text` names, in RFC 3339: a date, a date and time, or days before `now` as in "P7D".

    2026-01-31 is 2026-01-31T00:00:00Z; what names no time zone is in UTC. Raises ValueError.
    """
    days = _DAYS.fullmatch(text.strip())
    if days:
        found = (now or datetime.now(UTC)) - timedelta(days=int(days[1]))
    else:
        found = datetime.fromisoformat(text.strip())
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return found.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
