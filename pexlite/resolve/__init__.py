"""Requirements -> Lock: read what was asked for, find the index settings, let uv or pip resolve."""

from __future__ import annotations

from pexlite.resolve.amendments import amended as amended
from pexlite.resolve.amendments import recorded as recorded
from pexlite.resolve.amendments import with_recorded as with_recorded
from pexlite.resolve.beside import Beside as Beside
from pexlite.resolve.beside import find_lock as find_lock
from pexlite.resolve.beside import read_beside as read_beside
from pexlite.resolve.index import effective_settings as effective_settings
from pexlite.resolve.lock import beneath_uv as beneath_uv
from pexlite.resolve.lock import lock as lock
from pexlite.resolve.lock_file import lock_text as lock_text
from pexlite.resolve.lock_file import portable as portable
from pexlite.resolve.lock_file import write_lock as write_lock
from pexlite.resolve.merge import environments as environments
from pexlite.resolve.pure import pure_where_possible as pure_where_possible
from pexlite.resolve.requirements import gather as gather

__all__ = [
    "Beside",
    "amended",
    "beneath_uv",
    "effective_settings",
    "environments",
    "find_lock",
    "gather",
    "lock",
    "lock_text",
    "portable",
    "pure_where_possible",
    "read_beside",
    "recorded",
    "with_recorded",
    "write_lock",
]
