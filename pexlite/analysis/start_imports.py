"""An entry point -> the modules that it imports, in the order in which Python compiles them; read, never run.

imports/<sha256 of the wheel, 32 hex>-start-<minor>.json    by path of a module what it imports as Python 3.<minor>
                                                            parses it, of those asked for so far
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pexlite.bundle.tree import members_of
from pexlite.errors import FetchError
from pexlite.model import Bundle, Entry, EntryPoint, InstalledTree, StartKind, Wheel
from pexlite.store.store import Store

_FORMAT = 1
_MOST = 20_000  # names that are looked for in a variant
_LARGEST = 1_000_000  # bytes of a source, which takes 500 times as many to be parsed; larger ones are data
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Names(NamedTuple):
    """The absolute names that a module imports as it is loaded, or attributes of such, in order."""

    always: tuple[str, ...]
    perhaps: tuple[str, ...]
    """Those under a condition, or where another import fails."""


def with_start_imports(bundle: Bundle, store: Store) -> Bundle:
    """`bundle` with the modules that its start imports, in all its variants.

    Imports inside functions are left out, and so are extension modules. What no import names of a wheel that is
    needed, some call may import.
    """
    always: dict[str, None] = {}
    perhaps: dict[str, None] = {}
    for variant, tree in zip(bundle.variants, bundle.trees, strict=True):
        sources = [_Source(bundle.wheels[position], store) for position in variant.wheels]
        order = _Order(tree, sources)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are for who wrote the source
            always.update(dict.fromkeys(order.always(_roots(bundle.entry_point))))
            perhaps.update(dict.fromkeys(order.perhaps() if always else ()))
        for source in sources:
            source.keep()
    return replace(
        bundle, imports=tuple(always), perhaps_imports=tuple(path for path in perhaps if path not in always)
    )


def names_imported(content: bytes, name: str, *, is_package: bool) -> Names:
    """The names that the module `name` imports; none where this Python cannot parse its `content`.

    Nor where that is larger, or nested deeper, than anybody would write it.
    """
    package = name if is_package else name.rpartition(".")[0]
    try:
        if len(content) > _LARGEST:
            return Names((), ())
        found = [*dict.fromkeys(_names(ast.parse(content).body, package, is_always=True))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Names((), ())
    return Names(tuple(one for one, always in found if always), tuple(one for one, always in found if not always))


def _names(statements: Sequence[ast.AST], package: str, *, is_always: bool) -> Iterator[tuple[str, bool]]:
    """Each name, and whether it is imported always."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from ((alias.name, is_always) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            base = _absolute(statement, package)
            if base:
                yield base, is_always
                yield from ((f"{base}.{alias.name}", is_always) for alias in statement.names if alias.name != "*")
        elif isinstance(statement, ast.If) and (checked := _checks_types(statement.test)) is not None:
            taken = statement.orelse if checked else statement.body
            yield from _names(taken, package, is_always=is_always)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            depends = isinstance(statement, ast.If | ast.ExceptHandler | ast.match_case)
            for block in _BLOCKS:
                inside = getattr(statement, block, ())
                yield from _names(inside, package, is_always=is_always and not depends)


def _checks_types(test: ast.expr) -> bool | None:
    """Whether a condition is TYPE_CHECKING, which no start is, or its opposite; None for any other."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inside = _checks_types(test.operand)
        return None if inside is None else not inside
    name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
    return True if name == "TYPE_CHECKING" else None


def _absolute(statement: ast.ImportFrom, package: str) -> str:
    """The module that is imported from; "" where it lies above all packages."""
    if not statement.level:
        return statement.module or ""
    parts = package.split(".") if package else []
    above = parts[: max(0, len(parts) - statement.level + 1)]
    return ".".join([*above, statement.module] if statement.module else above) if above else ""


class _Source:
    """The imports of a wheel's modules, kept in the store: parsing takes as long as compiling."""

    def __init__(self, wheel: Wheel, store: Store) -> None:
        self._wheel = wheel
        self._store = store
        self._place: Path = store.root / "imports" / f"{wheel.sha256[:32]}-start-{sys.version_info[1]}.json"
        self._is_new = False

    @functools.cached_property
    def _known(self) -> dict[str, Names]:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            content = json.loads(self._store.read_sealed(self._place))
            if content["format"] == _FORMAT:
                return {str(path): Names(*map(tuple, both)) for path, both in content["modules"].items()}
        return {}

    @functools.cached_property
    def _archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self._wheel.path)

    @functools.cached_property
    def _members(self) -> Mapping[str, str]:
        return members_of(self._wheel)

    def names(self, path: str, name: str) -> Names:
        """The names that the module `name` imports, which is at `path` in the unpacked wheel."""
        if path not in self._known:
            content = self._archive.read(self._members[path])
            self._known[path] = names_imported(content, name, is_package=path.endswith("/__init__.py"))
            self._is_new = True
        return self._known[path]

    def keep(self) -> None:
        """Write what is new to the store, and close the wheel."""
        if "_archive" in vars(self):
            self._archive.close()
        if self._is_new:
            content = json.dumps({"format": _FORMAT, "modules": self._known}, separators=(",", ":"))
            with contextlib.suppress(FetchError, OSError):
                self._store.write_sealed(self._place, content.encode())


class _Order:
    """The modules of a variant's files that a start imports, each once."""

    def __init__(self, tree: InstalledTree, sources: Sequence[_Source]) -> None:
        self._tree = tree
        self._sources = sources
        self._seen: set[str] = set()
        self._reached: set[int] = set()
        self._perhaps: list[str] = []
        compiled = (path.rpartition("/") for path in tree.importable if path.endswith((".so", ".pyd")))
        self._compiled = {f"{folder}{mark}{name.partition('.')[0]}" for folder, mark, name in compiled}

    def always(self, names: Iterable[str]) -> Iterator[str]:
        """The path in site-packages of each module that importing `names` always loads, in that order."""
        waiting = [iter([*names])]
        while waiting and len(self._seen) < _MOST:
            for name in waiting[-1]:
                if name not in self._seen:
                    self._seen.add(name)
                    entry = self._entry_of(name)
                    if entry:
                        self._reached.add(entry.wheel)
                        yield entry.path.removeprefix("lib/")
                        imported = self._sources[entry.wheel].names(entry.path, name)
                        self._perhaps += imported.perhaps
                        waiting.append(iter([one for each in imported.always for one in _with_packages(each)]))
                        break
            else:
                waiting.pop()

    def perhaps(self) -> Iterator[str]:
        """The paths of those of wheels that no import has named, then of those under a condition."""
        yield from self.always(self._unreached())
        while self._perhaps:
            names, self._perhaps = self._perhaps, []
            yield from self.always(one for each in names for one in _with_packages(each))

    def _unreached(self) -> Iterator[str]:
        """The names at the top of the wheels of which nothing has been seen."""
        for entry in self._tree.entries:
            name, _, rest = entry.path.removeprefix("lib/").partition("/")
            if entry.wheel not in self._reached and rest in ("", "__init__.py") and entry.path[:4] == "lib/":
                yield name.removesuffix(".py")

    def _entry_of(self, name: str) -> Entry | None:
        """A module's source; None where it is none of the file's, or compiled from another language."""
        place = name.replace(".", "/")
        if package := self._tree.in_site_packages(f"{place}/__init__.py"):
            return package
        return None if place in self._compiled else self._tree.in_site_packages(f"{place}.py")


def _roots(start: EntryPoint) -> Iterator[str]:
    names = [start.module, *(command.module for command in start.commands)]
    if start.kind is StartKind.MODULE:
        names.append(f"{start.module}.__main__")
    for name in names:
        yield from _with_packages(name)


def _with_packages(name: str) -> Iterator[str]:
    """A module's packages and the module: "a", "a.b" and "a.b.c"."""
    parts = name.split(".") if name else []
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))
