"""The files of a prefix that travel: all that an app may use, or everything (`--python-full`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pexlite.own_python.prefix import Prefix

# Of the standard library: what only those use who test, develop or install Python.
_UNUSED = re.compile(
    r"""
    (?:.+/)?(?:test|tests|idle_test)(?:/.*)?       # its own tests: test/, sqlite3/test/, lib2to3/tests/
    | idlelib(?:/.*)? | turtledemo(?:/.*)?
    | pydoc_data/topics\.py                        # help("if") says then that it is not there
    | __hello__\.py | __phello__(?:\..*|/.*)?
    | ensurepip/_bundled(?:/.*)?
    | config-3[^/]*(?:/.*)? | config(?:/.*)?       # what extensions of an interpreter are linked with
    | (?:.+/)?[^/]+\.(?:a|o|exe)
    | lib-dynload/(?:_test[^/]*|_ctypes_test[^/]*|_xxtestfuzz[^/]*|xxlimited[^/]*|xxsubtype[^/]*)
    | lib-dynload/(?:nis|_gdbm)\.[^/]*             # nor has python-build-standalone; gdbm is under the GPL
    | asyncio/windows_\w+\.py | multiprocessing/popen_spawn_win32\.py    # cannot be imported elsewhere
    | distutils/(?:_?msvc\w*|command/bdist_msi)\.py | msilib(?:/.*)?
    | sitecustomize\.py | usercustomize\.py        # the machine's own, not Python's
    | (?:.+/)?[^/]+\.(?:dpkg-new|orig)
    | EXTERNALLY-MANAGED | LICENSE\.pickle
    """,
    re.VERBOSE,
)
_TKINTER = re.compile(r"(?:tkinter|lib-dynload/_tkinter\.[^/]*)(?:/.*)?|turtle\.py")
# The modules in C; what is written in Python stays, and says what is missing.
_SQLITE = re.compile(r"lib-dynload/_sqlite3\.[^/]*")
_TERMINAL = re.compile(r"lib-dynload/(?:readline|_curses|_curses_panel)\.[^/]*")
_LIB2TO3 = re.compile(r"lib2to3(?:/.*)?")
_TCL = re.compile(r"(?:lib)?(?:tcl|tk|itcl|thread|tix|Tix)\d[\w.]*", re.ASCII)
# Never: what is installed beside Python, and what a Python makes again.
_NEVER = re.compile(r"(?:site-packages|dist-packages)(?:/.*)?|(?:.+/)?__pycache__(?:/.*)?|(?:.+/)?[^/]+\.py[co]")
_PIP = re.compile(r"site-packages/pip(?:-[^/]+\.dist-info)?(?:/.*)?")


@dataclass(frozen=True)
class Wanted:
    """The parts of a Python that are wanted beside those that every app may use, and in which form."""

    everything: bool = False
    """Whether all goes in but the packages that are installed there (`--python-full`)."""
    tkinter: bool = False
    sqlite3: bool = False
    terminal: bool = False
    """Whether readline and curses go in."""
    lib2to3: bool = False
    as_xz: bool = False
    """Whether the archive is one of xz, unless it is large, or the Python itself could not read that."""

    @property
    def left_out(self) -> frozenset[str]:
        """The modules that are left out though apps may import them."""
        parts = {"sqlite3": self.sqlite3, "curses": self.terminal, "readline": self.terminal}
        return frozenset(name for name, is_in in parts.items() if not is_in and not self.everything)


SQLITE = ("sqlite3", "_sqlite3", "dbm", "shelve")
TERMINAL = ("readline", "rlcompleter", "curses", "_curses")
LIB2TO3 = ("lib2to3",)
"""The modules for which code needs `Wanted.sqlite3`, `Wanted.terminal` and `Wanted.lib2to3`."""


def selected(prefix: Prefix, wanted: Wanted) -> dict[str, Path]:
    """The files that travel, by their place in the archive, in its order; libraries in `lib/` are none of them.

    A link is there like the file that it leads to. Raises OSError.
    """
    found = {prefix.program: prefix.root / prefix.program}
    library = prefix.root / prefix.standard_library
    for path in _files(library):
        if _travels(path, wanted):
            found[f"{prefix.standard_library}/{path}"] = library / path
    for path in _beside(prefix, wanted):
        found[path] = prefix.root / path
    return dict(sorted(found.items()))


def _travels(path: str, wanted: Wanted) -> bool:
    if _NEVER.fullmatch(path) and not (wanted.everything and _PIP.fullmatch(path) and "__pycache__" not in path):
        return False
    if wanted.everything:
        return True
    parts = (
        (wanted.tkinter, _TKINTER),
        (wanted.sqlite3, _SQLITE),
        (wanted.terminal, _TERMINAL),
        (wanted.lib2to3, _LIB2TO3),
    )
    return not _UNUSED.fullmatch(path) and all(is_in or not part.fullmatch(path) for is_in, part in parts)


def _beside(prefix: Prefix, wanted: Wanted) -> Iterator[str]:
    """The files outside of the standard library: Tcl's and Tk's, and with everything headers and the rest.

    /usr and its like hold much more than a Python: of such a directory only what has Python's name.
    """
    whole = wanted.everything and not _is_shared(prefix.root)
    if whole:
        others = re.compile(r"lib/python3[^/]*(?:/.*)?|bin/python3?|(?:.+/)?__pycache__(?:/.*)?")
        kept = re.compile(r"(?:include|share|lib)/.*")
        yield from (path for path in _files(prefix.root) if kept.fullmatch(path) and not others.fullmatch(path))
    elif wanted.tkinter:
        for entry in sorted((prefix.root / "lib").iterdir()):
            if entry.is_dir() and _TCL.fullmatch(entry.name):
                yield from (f"lib/{entry.name}/{path}" for path in _files(entry))


def _is_shared(root: Path) -> bool:
    """Whether other programs than Python are installed in `root`."""
    return (root / "bin" / "env").exists() or (root / "bin" / "sh").exists()


def _files(root: Path) -> Iterator[str]:
    """The files below `root`, relative to it, directories that links lead to included unless they lead upwards."""
    real = os.path.realpath(root)
    for place, directories, names in os.walk(root, followlinks=True):
        directories[:] = sorted(
            name
            for name in directories
            if not f"{real}/".startswith(f"{os.path.realpath(os.path.join(place, name))}/")  # noqa: PTH118
        )
        top = os.path.relpath(place, root)
        for name in sorted(names):
            if os.path.isfile(os.path.join(place, name)):  # noqa: PTH113, PTH118 - walks of ten thousand files
                yield name if top == "." else f"{top}/{name}"
