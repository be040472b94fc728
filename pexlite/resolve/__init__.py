"""Requirements -> Lock: read what was asked for, find out where from, let uv or pip resolve it."""

from __future__ import annotations

from pexlite.resolve.index import effective_settings as effective_settings
from pexlite.resolve.lock import lock as lock
from pexlite.resolve.requirements import gather as gather

__all__ = ["effective_settings", "gather", "lock"]
