"""Places on this machine: the store of wheels and all else that can be reused, and pip's configuration files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path


def store_root() -> Path:
    """The user's store: the directory PEXLITE_CACHE_DIR, else `pexlite` in the platform's directory of caches."""
    said = os.environ.get("PEXLITE_CACHE_DIR")
    if said:
        return Path(said).expanduser().absolute()
    import platformdirs  # takes 3 ms, which a start with the variable set need not wait for

    return platformdirs.user_cache_path("pexlite")


def pip_configuration_files() -> Iterator[Path]:
    """The files pip reads, the winning ones last: global, user, site, PIP_CONFIG_FILE.

    PIP_CONFIG_FILE=/dev/null means no file at all; another value takes the place of the user's files.
    """
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    yield from _global_files()
    # pip leaves out the user's own files where PIP_CONFIG_FILE names one that is there.
    if not (named and Path(named).exists()):
        yield from _user_files()
    yield Path(sys.prefix) / _file_name()
    if named:
        yield Path(named)


def _file_name() -> str:
    return "pip.ini" if os.name == "nt" else "pip.conf"


def _global_files() -> Iterator[Path]:
    if os.name == "nt":
        yield Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData"), "pip", _file_name())
        return
    if sys.platform == "darwin":
        yield Path("/Library/Application Support/pip", _file_name())
        return
    for directory in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep):
        if directory:
            yield Path(directory, "pip", _file_name())
    yield Path("/etc", _file_name())


def _user_files() -> Iterator[Path]:
    home = Path("~").expanduser()
    if os.name == "nt":
        yield home / "pip" / _file_name()
        yield Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"), "pip", _file_name())
        return
    yield home / ".pip" / _file_name()
    if sys.platform == "darwin" and (home / "Library/Application Support/pip").is_dir():
        yield home / "Library/Application Support/pip" / _file_name()
    else:
        yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", _file_name())
