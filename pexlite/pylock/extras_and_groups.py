"""The requested extras and dependency groups of a lock (PEP 751)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from packaging.pylock import Pylock
from packaging.utils import canonicalize_name

from pexlite.model import LockParts, Problem


def wanted_parts(lock: Pylock, extras: Iterable[str], groups: Iterable[str]) -> LockParts:
    """Those of `extras` and `groups` that `lock` has, and the lock's default groups."""
    return LockParts(
        extras=_known(lock.extras or (), extras),
        groups=_known(lock.dependency_groups or (), groups) | frozenset(lock.default_groups or ()),
    )


def has_group(lock: Pylock, name: str) -> bool:
    """Whether `lock` has a dependency group called `name`."""
    return bool(_known(lock.dependency_groups or (), [name]))


def missing_extras(lock: Pylock, extras: Sequence[str]) -> tuple[Problem, ...]:
    """A problem for each of `extras` that `lock` lacks."""
    known = sorted(lock.extras or ())
    return tuple(
        Problem(f"the lock has no extra {extra!r}", _nearest(extra, known))
        for extra in extras
        if not _known(known, [extra])
    )


def _known(names: Iterable[str], asked: Iterable[str]) -> frozenset[str]:
    """Those of the lock's `names` that are among `asked`, in the lock's spelling."""
    wanted = set(map(canonicalize_name, asked))
    return frozenset(name for name in names if canonicalize_name(name) in wanted)


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"its extras are {', '.join(known)}" if known else "it has no extras at all; lock again with --extra"
