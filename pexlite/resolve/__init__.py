"""Requirements -> Lock: read what was asked for, find the index settings, let uv or pip resolve."""

from __future__ import annotations

from pexlite.resolve.amendments import amended as amended
from pexlite.resolve.amendments import recorded as recorded
from pexlite.resolve.amendments import with_recorded as with_recorded
from pexlite.resolve.beside import Beside as Beside
from pexlite.resolve.beside import find_lock as find_lock
from pexlite.resolve.beside import foreign_lock as foreign_lock
from pexlite.resolve.beside import read_beside as read_beside
from pexlite.resolve.gathered import combined as combined
from pexlite.resolve.gathered import merged_index as merged_index
from pexlite.resolve.index import effective_settings as effective_settings
from pexlite.resolve.index import settings_unheeded_by_lock as settings_unheeded_by_lock
from pexlite.resolve.index import unheeded_settings as unheeded_settings
from pexlite.resolve.lock import beneath_uv as beneath_uv
from pexlite.resolve.lock import lock as lock
from pexlite.resolve.lock_file import lock_text as lock_text
from pexlite.resolve.lock_file import portable as portable
from pexlite.resolve.lock_file import write_lock as write_lock
from pexlite.resolve.merge import environments as environments
from pexlite.resolve.pure import pure_where_possible as pure_where_possible
from pexlite.resolve.requirements import gather as gather
from pexlite.resolve.requirements import raise_problems as raise_problems
from pexlite.resolve.uv_sources import Needs as Needs
from pexlite.resolve.uv_sources import uv_sources as uv_sources

__all__ = [
    "Beside",
    "Needs",
    "amended",
    "beneath_uv",
    "combined",
    "effective_settings",
    "environments",
    "find_lock",
    "foreign_lock",
    "gather",
    "lock",
    "lock_text",
    "merged_index",
    "portable",
    "pure_where_possible",
    "raise_problems",
    "read_beside",
    "recorded",
    "settings_unheeded_by_lock",
    "unheeded_settings",
    "uv_sources",
    "with_recorded",
    "write_lock",
]
