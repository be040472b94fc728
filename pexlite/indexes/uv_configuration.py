"""uv's own settings that apply with either resolver: its index strategy, and settings that keep builds safe."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def uv_index_strategy() -> str | None:
    """The strategy in UV_INDEX_STRATEGY or in a user's or system's uv.toml; None without one.

    uv reads these itself; pip has to be told, so that both resolvers follow the same setting.
    """
    said = os.environ.get("UV_INDEX_STRATEGY")
    if said:
        return said
    return next(filter(None, map(_strategy, _files())), None)


def uv_flag(variable: str) -> bool:
    """Whether uv's `variable` is set to yes."""
    return os.environ.get(variable, "").lower() in ("1", "true", "t", "yes", "y", "on")


def uv_names(variable: str) -> list[str]:
    """The projects that uv's `variable` names."""
    return os.environ.get(variable, "").split()


def uv_indexes() -> list[str]:
    """The variables, and the files of a user or the system, by which uv alone gets to know indexes."""
    names = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
    keys = ("index", "index-url", "extra-index-url", "find-links")
    found = [name for name in names if os.environ.get(name)]
    return [*found, *(str(file) for file in _files() if any(_table(file).get(key) for key in keys))]


def _files() -> Iterator[Path]:
    if uv_flag("UV_NO_CONFIG"):
        return
    named = os.environ.get("UV_CONFIG_FILE")
    if named:
        yield Path(named)
        return
    if os.name == "nt":
        yield Path(os.environ.get("APPDATA", Path.home()), "uv", "uv.toml")
        yield Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData"), "uv", "uv.toml")
        return
    yield Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "uv", "uv.toml")
    for directory in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep):
        if directory:
            yield Path(directory, "uv", "uv.toml")
    yield Path("/etc/uv/uv.toml")


def _strategy(file: Path) -> str | None:
    table = _table(file)
    of_pip = table.get("pip")
    found = table.get("index-strategy") or (of_pip.get("index-strategy") if isinstance(of_pip, dict) else None)
    return found if isinstance(found, str) else None


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}  # uv itself reports an unreadable file when it runs
