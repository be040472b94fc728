"""The code and data files of a package or source tree, without what tools leave beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_LITTER_DIRECTORIES = frozenset(
    {
        *("__pycache__", ".git", ".hg", ".svn", ".bzr", "CVS", "_darcs"),
        *(".idea", ".vscode", ".vs", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"),
        *(".ipynb_checkpoints", ".tox", ".nox", ".eggs", "__MACOSX"),
    }
)
# Byte code, what editors keep while a file is open, and what file managers leave.
_LITTER_FILES = re.compile(r".*\.py[co]|.*~|\.#.*|#.*#|\..*\.sw[a-p]|\.DS_Store|\._.*|Thumbs\.db|desktop\.ini")
# At the top of a tree that is put on sys.path whole.
_NO_SOURCES = re.compile(r"\..*|node_modules|.*\.egg-info|.*\.(?:pex|pyz|whl)")
_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_OF_A_PROJECT = _PROJECT_FILES | {"build", "dist", "MANIFEST.in"}


def files_of(directory: Path, *, whole_tree: bool = False) -> list[tuple[str, Path]]:
    """Each file under `directory` with its name relative to it, `/` between the parts, sorted.

    Links are followed. `whole_tree` leaves out what at the top is no source: hidden files, built files, and a
    project's own files.
    """
    unwanted: set[str] = set()
    if whole_tree:
        names = {entry.name for entry in directory.iterdir()}
        unwanted = {name for name in names if _NO_SOURCES.fullmatch(name)}
        unwanted |= _OF_A_PROJECT if names & {"pyproject.toml", "setup.py"} else set()
    return sorted(_walk(directory, "", unwanted, frozenset()))


def _walk(directory: Path, prefix: str, unwanted: set[str], above: frozenset[Path]) -> Iterator[tuple[str, Path]]:
    real = directory.resolve()
    if real in above:
        return  # a link to a directory that holds it: its files are there already
    with os.scandir(directory) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        path = directory / entry.name
        if entry.name in unwanted or _is_litter(entry, path):
            continue
        if entry.is_dir():
            yield from _walk(path, f"{prefix}{entry.name}/", set(), above | {real})
        elif entry.is_file() or entry.is_symlink():
            # A link that leads nowhere fails when it is read, with its name.
            yield prefix + entry.name, path


def _is_litter(entry: os.DirEntry[str], path: Path) -> bool:
    if entry.is_dir():
        return entry.name in _LITTER_DIRECTORIES or (path / "pyvenv.cfg").is_file()
    return _LITTER_FILES.fullmatch(entry.name) is not None
