"""The table of resolvers, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pexlite.errors import UsageError
from pexlite.resolve.resolver import Resolver


def _uv() -> type[Resolver]:
    # Each is imported when it is asked for: a build needs one of them.
    from pexlite.resolve.uv import Uv

    return Uv


def _pip() -> type[Resolver]:
    from pexlite.resolve.pip import Pip

    return Pip


# Best first. A new resolver needs a module and a row here, a table of its failures in explain/, its name among the
# choices of --resolver (a test compares them), and the prefix of its variables in pipeline/decisions.
RESOLVERS: dict[str, Callable[[], type[Resolver]]] = {"uv": _uv, "pip": _pip}


def find_resolver(choice: str) -> Resolver:
    """The resolver that `choice` names; for "auto" the first of `RESOLVERS` that is on this machine.

    Raises UsageError for a missing one.
    """
    if choice == "auto":
        best = next(found for kind in RESOLVERS.values() if (found := kind().find()) is not None)
        return _with_other(best)
    if choice not in RESOLVERS:
        *most, last = RESOLVERS
        names = f"{', '.join(['auto', *most])} or {last}"
        raise UsageError(f"there is no resolver {choice!r}", hint=f"choose one: --resolver {names}")
    found = RESOLVERS[choice]().find()
    if found is None:
        raise UsageError(
            f"{choice} was asked for and is not here",
            causes=[f"no {choice} package beside pexlite", f"no {choice} on PATH"],
            hint=f"pip install 'pexlite[{choice}]'",
        )
    return _with_other(found)


def _with_other(found: Resolver) -> Resolver:
    return replace(found, find_other=partial(find_resolver, found.instead))
