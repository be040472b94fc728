"""Old members that new ones of another name were made of, told by the words that both have.

jupyterlab/static/4155.1fa5e0b8a1cb5bb2b5e8.js  ->  jupyterlab/static/8891.cd6317f066463bec2f1e.js
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from pexlite.ship.new_file import Member
from pexlite.ship.state import OldMember

_ALIKE = 0.4  # of all words of two files: they have so many in common
_LEAST = 1 << 12  # bytes of a file that is worth looking at
_LOOKED_AT = 1 << 20  # bytes of each file
_SPEED = 5_000_000  # bytes a second
_WORD = re.compile(rb"[A-Za-z_]{5,}")


def renamed(
    new: Sequence[Member],
    old: Sequence[OldMember],
    content: Callable[[Member], bytes],
    old_content: Callable[[OldMember], bytes | None],
    link: float,
) -> dict[Member, OldMember]:
    """For each new member the old one most like it: in a folder of that name, of its ending, about its size.

    `new` and `old` are those that have no counterpart by name. Empty where `link`, in bytes a second, is faster
    than looking at them.
    """
    near = {member: [one for one in old if _is_near(one, member)] for member in new if member.size >= _LEAST}
    near = {member: candidates for member, candidates in near.items() if candidates}
    looked_at = {one.offset: one for candidates in near.values() for one in candidates}
    work = (sum(one.size for one in near) + sum(one.size for one in looked_at.values())) / _SPEED
    if work > sum(member.held for member in near) / link:
        return {}
    words = {offset: _words(old_content(one) or b"") for offset, one in looked_at.items()}
    found = {}
    for member, candidates in near.items():
        own = _words(content(member))
        best = max(candidates, key=lambda one: _share(own, words[one.offset]))
        if _share(own, words[best.offset]) >= _ALIKE:
            found[member] = best
    return found


def _is_near(old: OldMember, new: Member) -> bool:
    return new.size < 2 * old.size < 4 * new.size and _kind(old.name) == _kind(new.name)


def _kind(name: str) -> tuple[str, str]:
    """The folder without a version, and the ending.

    jupyterlab-4.4.7.data/data/share/jupyter/lab/static/8891.cd6317f066463bec2f1e.js
    """
    path = PurePosixPath(re.sub(r"^([^/]+?)-[^/]+\.(dist-info|data)/", r"\1.\2/", name))
    return str(path.parent), path.suffix


def _words(content: bytes) -> frozenset[bytes]:
    return frozenset(_WORD.findall(content[:_LOOKED_AT]))


def _share(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0
