"""Local code -> its imports, read and never run; kept in the store, since reading takes longer than building.

imports/<sha256 of the wheel, 32 hex>.json a row for each import: member, module, names, instead_of
"""

from __future__ import annotations

import ast
import contextlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from pexlite.errors import FetchError
from pexlite.model import Import, Wheel
from pexlite.store.store import Store

_FORMAT = 1
# Modules for developers, which never run where the app is used.
_OF_DEVELOPERS = {"setup.py", "conftest.py", "noxfile.py"}
_TESTS = {"tests", "test"}
_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def own_imports(wheel: Wheel, store: Store) -> tuple[Import, ...]:
    """The imports that the modules of `wheel`, made of local code, need.

    Imports inside `if` or in the body of `try … except ImportError` are optional and left out.
    """
    kept = store.root / "imports" / f"{wheel.sha256[:32]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(store.read_sealed(kept))
        if content["format"] == _FORMAT:
            return tuple(
                Import(member, module, tuple(names), tuple(map(tuple, instead_of)))
                for member, module, names, instead_of in content["rows"]
            )
    found = tuple(_read(wheel))
    rows = [[one.member, one.module, one.names, one.instead_of] for one in found]
    with contextlib.suppress(FetchError, OSError):
        store.write_sealed(kept, json.dumps({"format": _FORMAT, "rows": rows}).encode())
    return found


def _read(wheel: Wheel) -> Iterator[Import]:
    with zipfile.ZipFile(wheel.path) as archive:
        for member in wheel.files:
            if is_of_the_app(PurePosixPath(member)):
                yield from imports_in(archive.read(member), member)


def is_of_the_app(path: PurePosixPath) -> bool:
    """Whether a wheel's member is a module that the app may import: no test and no developers' tool."""
    return (
        path.suffix == ".py"
        and not path.parts[0].endswith((".data", ".dist-info"))
        and path.name not in _OF_DEVELOPERS
        and _TESTS.isdisjoint(path.parts[:-1])
    )


def imports_in(source: bytes, member: str) -> Iterator[Import]:
    """The absolute imports in a module's `source`; none where this Python cannot parse it."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _in(ast.parse(source).body, member, ())


def _in(statements: Sequence[ast.stmt], member: str, instead_of: tuple[tuple[str, ...], ...]) -> Iterator[Import]:
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (Import(member, alias.name, (), instead_of) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            if not statement.level and statement.module:
                names = tuple(alias.name for alias in statement.names)
                yield Import(member, statement.module, names, instead_of)
        elif isinstance(statement, ast.Try | ast.TryStar) and any(map(_catches, statement.handlers)):
            # The alternative is needed where the first choice is missing.
            first = tuple(one.module for one in _in(statement.body, member, ()))
            for handler in statement.handlers:
                yield from _in(handler.body, member, (*instead_of, first) if first else instead_of)
            yield from _in(statement.finalbody, member, instead_of)
        elif isinstance(statement, ast.If) and not _is_main(statement.test):
            continue
        elif not (isinstance(statement, ast.With) and any(map(_suppresses, statement.items))):
            for body in _bodies(statement):
                yield from _in(body, member, instead_of)


def _bodies(statement: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    parts: list[Any] = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    for part in parts:
        yield from (getattr(part, name, ()) for name in ("body", "orelse", "finalbody"))


def _catches(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind).rpartition(".")[2] in _CAUGHT for kind in caught)


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] == "suppress"
        and any(ast.unparse(kind).rpartition(".")[2] in _CAUGHT for kind in call.args)
    )


def _is_main(test: ast.expr) -> bool:
    return ast.unparse(test) in ("__name__ == '__main__'", "'__main__' == __name__")
