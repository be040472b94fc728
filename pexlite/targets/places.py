"""The places where a machine keeps Pythons, in one table, and the programs in them.

No place is relative to the current directory, which may be a stranger's checkout.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pexlite.files.paths import expanded, is_directory, is_file
from pexlite.files.programs import search_path
from pexlite.targets.wanted import is_program_name

PATH = "PATH"


@dataclass(frozen=True)
class Place:
    """A kind of place that holds Pythons."""

    name: str
    """In the words of who put them there: "pyenv"."""
    roots: Callable[[], list[Path]]
    """The directories that `below` starts from."""
    below: tuple[str, ...]
    """Patterns for the directories of programs below each root; "" is the root itself."""

    def programs(self) -> Iterator[Path]:
        """The Pythons in this place, newer versions first, CPython before PyPy; each program once."""
        for root in self.roots():
            for pattern in self.below:
                found = [path for path in _glob(root, pattern) if is_directory(path)]
                for directory in sorted(found, key=_newest_first):
                    yield from _programs_in(directory, trusted=self.name == PATH)


def _set(variable: str, otherwise: str) -> Callable[[], list[Path]]:
    """The directory that `variable` names, else `otherwise`."""

    def roots() -> list[Path]:
        return [path for path in [expanded(os.environ.get(variable) or otherwise)] if path.is_absolute()]

    return roots


def _beside_shims(variable: str, otherwise: str) -> Callable[[], list[Path]]:
    """As `_set`; also the parents of directories on PATH called shims, whose programs ask the manager there."""

    def roots() -> list[Path]:
        beside = [Path(entry).parent for entry in search_path() if Path(entry).name == "shims"]
        return list(dict.fromkeys([*_set(variable, otherwise)(), *beside]))

    return roots


def _of_data(variable: str, below: str) -> Callable[[], list[Path]]:
    """The directory that `variable` names, else `below` in where a user's data lies (XDG)."""

    def roots() -> list[Path]:
        data = os.environ.get("XDG_DATA_HOME", "")
        data = data if Path(data).is_absolute() else "~/.local/share"
        return _set(variable, f"{data}/{below}")()

    return roots


def _fixed(*paths: str) -> Callable[[], list[Path]]:
    def roots() -> list[Path]:
        return [Path(path) for path in paths]

    return roots


PLACES = (
    Place(PATH, lambda: [Path(entry) for entry in search_path()], ("",)),
    Place("pyenv", _beside_shims("PYENV_ROOT", "~/.pyenv"), ("versions/*/bin",)),
    Place("uv", _of_data("UV_PYTHON_INSTALL_DIR", "uv/python"), ("*/bin",)),
    Place("asdf", _beside_shims("ASDF_DATA_DIR", "~/.asdf"), ("installs/python/*/bin",)),
    Place("mise", _of_data("MISE_DATA_DIR", "mise"), ("installs/python/*/bin",)),
    Place("Homebrew", _fixed("/opt/homebrew", "/home/linuxbrew/.linuxbrew"), ("bin", "opt/python@*/bin")),
    Place("python.org", _fixed("/Library/Frameworks/Python.framework/Versions"), ("*/bin",)),
    Place("/usr/local", _fixed("/usr/local"), ("bin",)),
    Place("/usr", _fixed("/usr"), ("bin",)),
    # /opt/python/cp312-cp312/bin is that of the manylinux images.
    Place("/opt", _fixed("/opt"), ("*/bin", "python/*/bin")),
)


def _glob(root: Path, pattern: str) -> list[Path]:
    if not pattern:
        return [root]
    try:
        return [path for path in root.glob(pattern) if not any(part[0] == "." for part in _below(path, root))]
    except OSError:
        return []


def _below(path: Path, root: Path) -> tuple[str, ...]:
    return path.relative_to(root).parts


def _newest_first(directory: Path) -> tuple[bool, list[int], str]:
    """The order of directories with a version in their names: 3.12.10 before 3.12.9, PyPy's last."""
    return (
        "pypy" in str(directory),
        [-int(number) for number in re.findall(r"\d+", str(directory))],
        str(directory),
    )


def _programs_in(directory: Path, *, trusted: bool) -> list[Path]:
    """The Pythons in `directory`, each under its most exact name.

    Where nobody put the directory on PATH (not `trusted`), programs that another account may have written are
    left out.
    """
    try:
        names = [path.name for path in directory.iterdir() if is_program_name(path.name)]
    except OSError:
        return []
    found: dict[Path, Path] = {}
    for name in sorted(names, key=lambda name: (len(name), name)):
        path = directory / name
        if is_file(path) and os.access(path, os.X_OK) and (trusted or (_is_own(directory) and _is_own(path))):
            real = path.resolve()
            if found.get(real, path).name != real.name:
                found[real] = path
            else:
                found.setdefault(real, path)
    return sorted(found.values(), key=_newest_first)


def _is_own(path: Path) -> bool:
    """Whether only root and the user may have written what is at `path`."""
    if os.name == "nt":
        return True
    found = path.stat()
    return found.st_uid in {0, os.geteuid()} and not found.st_mode & stat.S_IWOTH
