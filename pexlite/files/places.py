"""Places on this machine: the store of wheels and other reusable results, and pip's configuration files."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pexlite.files.paths import expanded, is_directory, is_there

PARTS = (
    "wheels",
    "built",
    "bytecode",
    "recipes",
    "pieces",
    "packed",
    "imports",
    "decisions",
    "interpreters",
    "runs",
    "incoming",
)
"""The directories of a store. Any other entry there is not pexlite's."""

_FILES = ("CACHEDIR.TAG", "key")
TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache of pexlite. It can be deleted.\n"
"""The content of CACHEDIR.TAG in a store."""

_READING = threading.Lock()
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class StorePlace:
    """The store's directory, and why it is not the usual one."""

    root: Path
    notices: tuple[str, ...] = ()


def store_root() -> Path:
    """The user's store: the directory PEXLITE_CACHE_DIR, else `pexlite` in the platform's cache directory."""
    said = os.environ.get("PEXLITE_CACHE_DIR")
    if said:
        return expanded(Path(said)).absolute()
    import platformdirs  # here, because it takes 3 ms, which a start with the variable set can save

    return platformdirs.user_cache_path("pexlite")


def store_place() -> StorePlace:
    """The store to use: the user's, closed to others' writing, or a private one if another user owns it.

    It need not exist yet.
    """
    root = store_root()
    if os.name != "posix":
        return StorePlace(root)
    if _belongs_to_another(root):
        private = _private_place()
        return StorePlace(private, (f"{root} belongs to another account, so {private} is used for builds",))
    found = _open_to_others(root)
    if not found:
        return StorePlace(root)
    if _close(root):
        return StorePlace(root, (f"others could write to {found[0]}: it is closed to them now",))
    private = _private_place()
    return StorePlace(private, (f"others can write to {found[0]} (chmod go-w), so {private} is used for builds",))


def is_tagged(root: Path) -> bool:
    """Whether the directory has a CACHEDIR.TAG of any program, which is not empty as after a power cut."""
    try:
        return any((root / "CACHEDIR.TAG").read_bytes())
    except OSError:
        return False


def is_store(root: Path) -> bool:
    """Whether the directory is a store that pexlite made or adopted."""
    try:
        return (root / "CACHEDIR.TAG").read_bytes() == TAG
    except OSError:
        return False


def make_directory(path: Path) -> None:
    """Make the directory `path` and its missing parents, writable by this user alone whatever the umask."""
    try:
        path.mkdir(0o755)
    except FileNotFoundError:
        make_directory(path.parent)
        make_directory(path)
    except OSError:
        # A read-only "/" fails with EROFS, although it exists.
        if not path.is_dir():
            raise


def closed_umask() -> int:
    """The process's umask without write access for others, for programs whose files are executed later."""
    # Reading the umask means setting it: until it is set back, other threads' new files are closed to others.
    with _READING:
        usual = os.umask(0o077)
        os.umask(usual)
    return usual | _OTHERS_WRITE


def closed_to_others(path: str, flags: int) -> int:
    """The descriptor of a new file that others cannot write to whatever the umask: an `opener` for `open`."""
    return os.open(path, flags, 0o644)


def pip_configuration_files() -> Iterator[Path]:
    """The files that pip reads, in rising order of precedence: global, user, site, PIP_CONFIG_FILE.

    PIP_CONFIG_FILE=/dev/null means no file at all; any other existing file replaces the user's files.
    """
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    yield from _global_files()
    # pip ignores the user's own files where PIP_CONFIG_FILE names an existing file.
    if not (named and is_there(Path(named))):
        yield from _user_files()
    yield Path(sys.prefix) / _file_name()
    if named:
        yield Path(named)


def _belongs_to_another(root: Path) -> bool:
    """Whether the directory, or a link that leads to it, belongs to neither this user nor root."""
    return any(
        found is not None and found.st_uid not in (0, os.geteuid())
        for found in (_facts(root, os.lstat), _facts(root, os.stat))
    )


def _open_to_others(root: Path) -> list[Path]:
    """The store's directories that others can write to."""
    found = [(path, _facts(path, os.stat)) for path in (root, *(root / part for part in PARTS))]
    return [path for path, facts in found if facts is not None and facts.st_mode & _OTHERS_WRITE]


def _facts(path: Path, look: Callable[[Path], os.stat_result]) -> os.stat_result | None:
    try:
        return look(path)
    except OSError:
        return None  # not there yet, or its later use will fail with the reason


def _close(root: Path) -> bool:
    """Whether the store is closed to others' writing, after an attempt to close it.

    What others may have written meanwhile does no harm: everything in a store is checked when it is used. A
    directory with other entries is left alone: it may be meant to be open, like /tmp.
    """
    try:
        if not {entry.name for entry in root.iterdir()} <= {*PARTS, *_FILES}:
            return False
        for directory, directories, names in os.walk(root):
            for name in (".", *directories, *names):
                path = Path(directory, name)
                mode = path.lstat().st_mode
                if mode & _OTHERS_WRITE and not stat.S_ISLNK(mode):
                    path.chmod(stat.S_IMODE(mode) & ~_OTHERS_WRITE)
    except OSError:
        return False
    return not _open_to_others(root)


def _private_place() -> Path:
    """A directory of this user alone among the temporary files; the same one each time if possible."""
    path = Path(tempfile.gettempdir(), f"pexlite-store-{os.geteuid()}")
    with contextlib.suppress(FileExistsError):
        path.mkdir(0o700)
    found = path.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077:
        return path
    return _place_of_this_process(path)


@functools.cache
def _place_of_this_process(path: Path) -> Path:
    """A new directory of this user alone, named after `path`; cached, since a build needs it several times."""
    return Path(tempfile.mkdtemp(prefix=f"{path.name}-", dir=path.parent))


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
    home = expanded(Path("~"))
    if os.name == "nt":
        yield home / "pip" / _file_name()
        yield Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"), "pip", _file_name())
        return
    yield home / ".pip" / _file_name()
    if sys.platform == "darwin" and is_directory(home / "Library/Application Support/pip"):
        yield home / "Library/Application Support/pip" / _file_name()
    else:
        yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", _file_name())
