"""Local code -> the oldest Python that can parse it, and modules that this Python cannot; kept in the store.

imports/<sha256 of the wheel, 32 hex>-grammar-<minor>.json found by Python 3.<minor>
"""

from __future__ import annotations

import contextlib
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from pexlite.analysis.grammar import OLDEST, demand_of
from pexlite.analysis.imports import is_of_the_app
from pexlite.errors import FetchError
from pexlite.model import Wheel
from pexlite.store.store import Store


class OwnGrammar(NamedTuple):
    """The oldest Python that the modules of a wheel need because of their syntax."""

    minor: int = OLDEST
    """The minor version of the oldest Python 3 that compiles every module which this Python compiles."""
    member: str = ""
    """The module that needs it; "" where none needs more than the oldest supported Python."""
    reason: str = ""
    """As "line 3: Pattern matching is only supported in Python 3.10 and greater"."""
    unread: tuple[tuple[str, str], ...] = ()
    """Modules that the running Python cannot compile, each with the reason: "line 3: invalid syntax"."""


def own_grammar(wheel: Wheel, store: Store) -> OwnGrammar:
    """The grammar of the modules of `wheel`, made of local code, without tests and developers' tools."""
    kept = store.root / "imports" / f"{wheel.sha256[:32]}-grammar-{sys.version_info[1]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        minor, member, reason, unread = json.loads(store.read_sealed(kept))
        return OwnGrammar(int(minor), str(member), str(reason), tuple((str(a), str(b)) for a, b in unread))
    with zipfile.ZipFile(wheel.path) as archive:
        names = [name for name in wheel.files if is_of_the_app(PurePosixPath(name))]
        found = grammar_of([(name, archive.read(name)) for name in names])
    with contextlib.suppress(FetchError, OSError):
        store.write_sealed(kept, json.dumps(found).encode())
    return found


def grammar_of(modules: Sequence[tuple[str, bytes]]) -> OwnGrammar:
    """The grammar of all `modules`, pairs of a name and a source."""
    newest, unread = OwnGrammar(), []
    for name, source in modules:
        try:
            demand = demand_of(source)
        except SyntaxError as failure:
            unread.append((name, f"line {failure.lineno}: {failure.msg}"))
        except (ValueError, RecursionError, MemoryError) as failure:
            unread.append((name, str(failure) or type(failure).__name__))
        else:
            if demand.minor > newest.minor:
                newest = OwnGrammar(demand.minor, name, demand.reason)
    return newest._replace(unread=tuple(unread))
