"""Where pexlite keeps what it need not fetch or make again."""

from __future__ import annotations

import os
from pathlib import Path


def store_root() -> Path:
    """The store of this user: the directory PEXLITE_CACHE_DIR, else `pexlite` where the platform has caches."""
    said = os.environ.get("PEXLITE_CACHE_DIR")
    if said:
        return Path(said).expanduser().absolute()
    import platformdirs  # takes 3 ms, which a start with the variable set need not wait for

    return platformdirs.user_cache_path("pexlite")
