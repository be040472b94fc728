"""A file's graph for people: as a tree from what was asked for, and as the ways that lead to one project."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pexlite.contents.values import Dependency, FileContents


@dataclass(frozen=True)
class Branch:
    """A line of the tree: a requirement, and where it stands."""

    dependency: Dependency
    last: tuple[bool, ...]
    """For each level above it and its own, whether it is the last one there."""
    is_repeated: bool
    """Whether the project's own requirements stand elsewhere in the tree already."""

    @property
    def depth(self) -> int:
        """Its level: 0 for what was asked for."""
        return len(self.last) - 1


def tree(contents: FileContents) -> Iterator[Branch]:
    """The tree of the requirements, each project's own ones once: circles end where they close.

    Wheels to which nothing leads follow what was asked for.
    """
    shown: set[tuple[str, tuple[str, ...]]] = set()
    reached: set[str] = set()
    yield from _below(contents, contents.requires.get("", ()), shown, reached)
    for name in contents.by_name:
        if name not in reached:
            yield from _below(contents, (Dependency("", name, name),), shown, reached)


def _below(
    contents: FileContents,
    top: Sequence[Dependency],
    shown: set[tuple[str, tuple[str, ...]]],
    reached: set[str],
) -> Iterator[Branch]:
    # With a stack of its own: how deep a graph goes, its wheels say.
    stack = _last_first(top, ())
    while stack:
        one, last = stack.pop()
        reached.add(one.name)
        below = [other for other in contents.requires.get(one.name, ()) if other.of_extra in ("", *one.extras)]
        repeated = bool(below) and (one.name, one.extras) in shown
        yield Branch(one, last, repeated)
        if not repeated:
            shown.add((one.name, one.extras))
            stack += _last_first(below, last)


def _last_first(
    dependencies: Sequence[Dependency], above: tuple[bool, ...]
) -> list[tuple[Dependency, tuple[bool, ...]]]:
    end = len(dependencies) - 1
    return [(one, (*above, place == end)) for place, one in enumerate(dependencies)][::-1]


def ways_to(contents: FileContents, name: str) -> tuple[tuple[Dependency, ...], ...]:
    """For each that requires the project `name`, the shortest way to it from what was asked for, requirement by
    requirement; the shortest first. A way that begins at no requirement of the file begins at a wheel.
    """
    before = _shortest(contents)
    ways = []
    for last in contents.required_by.get(name, ()):
        way = [last]
        seen = {name}
        while way[0].by and way[0].by not in seen and way[0].by in before:
            seen.add(way[0].by)
            way.insert(0, before[way[0].by])
        ways.append(tuple(way))
    return tuple(sorted(set(ways), key=lambda way: (len(way), [one.name for one in way], way[-1].requirement)))


def _shortest(contents: FileContents) -> dict[str, Dependency]:
    """For each project that is reached from what was asked for, the last requirement of the shortest way to it."""
    before: dict[str, Dependency] = {}
    queue = deque([""])
    while queue:
        for one in contents.requires.get(queue.popleft(), ()):
            if one.name not in before:
                before[one.name] = one
                queue.append(one.name)
    return before
