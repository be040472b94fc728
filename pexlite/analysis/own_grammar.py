"""Own code -> the oldest Python that reads it, and what the running one cannot read; kept in the store.

imports/<sha256 of the wheel, 32 hex>-grammar-<minor>.json    told by Python 3.<minor>
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
    """The Python that the modules of a wheel ask for by how they are written."""

    minor: int = OLDEST
    """Of the oldest Python 3 that compiles all that the running one compiles."""
    member: str = ""
    """The module that asks for it; "" where none asks for more than the oldest of all."""
    reason: str = ""
    """As in "line 3: Pattern matching is only supported in Python 3.10 and greater"."""
    unread: tuple[tuple[str, str], ...] = ()
    """Modules that the running Python cannot compile, each with what is wrong: "line 3: invalid syntax"."""


def own_grammar(wheel: Wheel, store: Store) -> OwnGrammar:
    """The grammar of the modules of `wheel`, which was made of own code, without tests and tools of developers."""
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
    """The grammar of all `modules`, each a name and its source."""
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
