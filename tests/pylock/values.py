"""Locks made in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.pylock import Pylock


def lock_of(*packages: Mapping[str, Any], **more: Any) -> Pylock:
    return Pylock.from_dict({"lock-version": "1.0", "created-by": "tests", "packages": list(packages), **more})


def wheel_entry(path: Path, url: str | None = None, /, **changes: Any) -> dict[str, Any]:
    """The lock's entry for the wheel at `path`, at `url` or by its path, with `changes` to its fields."""
    name, version = path.name.split("-")[:2]
    where = {"url": url} if url else {"path": str(path)}
    file = {**where, "hashes": {"sha256": sha256(path)}, **changes}
    return {"name": name.replace("_", "-"), "version": version, "wheels": [file]}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
