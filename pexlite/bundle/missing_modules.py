"""Modules that local code imports and neither the wheels nor the standard library have."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from packaging.utils import NormalizedName, canonicalize_name

from pexlite.bundle.runs_on import pythons_in_words
from pexlite.model import Bundle, Import, InstalledTree
from pexlite.model.pythons import known

# Standard library modules: the minor version of the first Python 3 with the module, and of the first without it.
_ADDED = {"contextvars": 7, "dataclasses": 7, "graphlib": 9, "zoneinfo": 9, "tomllib": 11} | {
    "annotationlib": 14,
    "compression": 14,
    "profiling": 15,
}
_REMOVED_IN_13 = (
    "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd "
    "sunau telnetlib uu xdrlib"
)
_REMOVED = {"macpath": 8, "dummy_threading": 9, "formatter": 10, "parser": 10, "symbol": 10, "binhex": 11} | {
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), 12),
    **dict.fromkeys(_REMOVED_IN_13.split(), 13),
}
_OF_PYPY = {"__pypy__", "_cffi_backend", "cffi", "greenlet", "hpy", "readline"}
# setuptools has another one for Pythons that have none.
_STAND_INS = {"distutils": "_distutils_hack"}
_MOST_SHOWN = 4


def missing_modules(
    bundle: Bundle, imports: Iterable[Import], lies_here: Callable[[str], bool]
) -> tuple[str, ...]:
    """A notice for each file of local code that imports a module missing on a Python of `bundle`.

        weather.py imports yaml, rich, which no wheel here has
        weather.py imports tomllib, which the standard library of CPython 3.9 to 3.10 has not
        job.py imports pyspark, which --exclude leaves out

    `lies_here` tells whether a module lies in the builder's directory without having been named.
    """
    lacking: dict[tuple[str, str], dict[str, None]] = {}
    surroundings = [
        _Surroundings(modules, python)
        for variant, modules in zip(bundle.variants, map(_Modules, bundle.trees), strict=True)
        for python in known(variant.pythons)
    ]
    for one in imports:
        for around in surroundings:
            for module in around.lacks(one):
                lacking.setdefault((one.member, module), {})[around.python] = None
    excluded = {canonicalize_name(out.name) for out in bundle.amendments.excluded}
    by_reason: dict[tuple[str, str], list[str]] = {}
    for (member, module), pythons in lacking.items():
        reason = _reason(module, list(pythons), excluded, lies_here)
        by_reason.setdefault((member, reason), []).append(module)
    sentences = [
        f"{member} imports {', '.join(modules)}, which {reason}" for (member, reason), modules in by_reason.items()
    ]
    rest = dict.fromkeys(module for modules in list(by_reason.values())[_MOST_SHOWN:] for module in modules)
    more = (f"and more files import what is not here: {', '.join(rest)}",) if rest else ()
    return (*sentences[:_MOST_SHOWN], *more)


def _reason(
    module: str,
    pythons: Sequence[str],
    excluded: Collection[NormalizedName],
    lies_here: Callable[[str], bool],
) -> str:
    if module in _ADDED or module in _REMOVED:
        return f"the standard library of {pythons_in_words(pythons)} has not"
    name = canonicalize_name(module)
    if not {name, f"py{name}", f"python-{name}"}.isdisjoint(excluded):
        return "--exclude leaves out"
    return "lies here and is not bundled" if lies_here(module) else "no wheel here has"


class _Modules:
    """The modules in a tree, as paths without file endings."""

    def __init__(self, tree: InstalledTree) -> None:
        self._files: set[str] = set()
        self._directories: set[str] = set()
        for path in tree.importable:
            directory, _, name = path.rpartition("/")
            if name.endswith((".py", ".pyc", ".so", ".pyd")):
                self._files.add(f"{directory}/{name.partition('.')[0]}".lstrip("/"))
            while directory and directory not in self._directories:
                self._directories.add(directory)
                directory = directory.rpartition("/")[0]

    def is_written(self, path: str) -> bool:
        """Whether `path` is a module or a package with an `__init__`; only running it tells its names."""
        return path in self._files or f"{path}/__init__" in self._files

    def is_directory(self, path: str) -> bool:
        """Whether `path` is a directory, which makes a package even without an `__init__` (PEP 420)."""
        return path in self._directories


@dataclass(frozen=True)
class _Surroundings:
    """Everything one Python can import: the modules of the wheels, and its standard library."""

    modules: _Modules
    python: str

    def lacks(self, one: Import) -> Iterator[str]:
        """The modules that the import needs and this Python lacks; () where the import is never reached."""
        if any(all(not self._missing(module) for module in first) for first in one.instead_of):
            return
        lacking = self._missing(one.module)
        if lacking:
            yield lacking
        elif self._is_namespace(one.module):
            # A namespace package defines no names: only modules can be imported from it.
            names = [f"{one.module}.{name}" for name in one.names if name != "*"]
            yield from filter(None, map(self._missing, names))

    def _missing(self, module: str) -> str:
        """The dotted `module` up to the first name that is missing; "" where none is."""
        if self._in_standard_library(module.partition(".")[0]):
            return ""
        for path in _steps(module):
            if self.modules.is_written(path):
                return ""
            if not self.modules.is_directory(path):
                return path.replace("/", ".")
        return ""

    def _is_namespace(self, module: str) -> bool:
        top = module.partition(".")[0]
        return not self._in_standard_library(top) and not any(map(self.modules.is_written, _steps(module)))

    def _in_standard_library(self, top: str) -> bool:
        if top in _STAND_INS and self.modules.is_written(_STAND_INS[top]):
            return True
        minor = int(self.python[3:].removesuffix("t"))
        if top in _ADDED or top in _REMOVED:
            return _ADDED.get(top, 0) <= minor < _REMOVED.get(top, minor + 1)
        return top in sys.stdlib_module_names or (self.python.startswith("pp") and top in _OF_PYPY)


def _steps(module: str) -> Iterator[str]:
    """The paths on the way to a module: "a.b.c" gives "a", "a/b", "a/b/c"."""
    parts = module.split(".")
    return ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
