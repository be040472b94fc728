"""The directory where pexlite stores wheels and everything else that it can reuse."""

from __future__ import annotations

import os
from pathlib import Path


def store_root() -> Path:
    """The user's store: the directory PEXLITE_CACHE_DIR, else `pexlite` in the platform's directory of caches."""
    said = os.environ.get("PEXLITE_CACHE_DIR")
    if said:
        return Path(said).expanduser().absolute()
    import platformdirs  # takes 3 ms, which a start with the variable set need not wait for

    return platformdirs.user_cache_path("pexlite")
