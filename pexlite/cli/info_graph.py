"""Who brings whom in a file, as a tree and as answers to --why, and what keeps it from other Pythons."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pexlite.cli.words import size_in_words
from pexlite.errors import UsageError
from pexlite.listed import listed

if TYPE_CHECKING:
    from pexlite.contents.reasons import Branch
    from pexlite.contents.values import Dependency, FileContents, Limit

_PYTHON = re.compile(r"(?:c?python ?|cp)?3\.?(\d{1,2})", re.IGNORECASE)
_MOST_REASONS = 8


def tree_in_words(contents: FileContents) -> list[str]:
    """The tree in lines, then what keeps the file from other Pythons and platforms."""
    from pexlite.contents.reasons import tree

    lines = [f"  {_branch(contents, one)}" for one in tree(contents)]
    if any(line.endswith(" (*)") for line in lines):
        lines.append("  (*) what it requires stands above")
    lines += [f"  not on {one.place}: {listed(one.reasons)}" for one in contents.limits]
    return [*lines, *(f"  unread: {one.filename}: {one.problem}" for one in contents.wheels if one.problem)]


def _branch(contents: FileContents, branch: Branch) -> str:
    above = "".join("   " if last else "│  " for last in branch.last[1:-1])
    arm = "" if not branch.depth else "└─ " if branch.last[-1] else "├─ "
    return f"{above}{arm}{_required(contents, branch.dependency)}{' (*)' if branch.is_repeated else ''}"


def _required(contents: FileContents, one: Dependency) -> str:
    """A project with what is required of it: "idna 3.20  <4,>=2.5; python_version < '3.14'"."""
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    versions = " and ".join(dict.fromkeys(wheel.version for wheel in contents.by_name.get(one.name, ())))
    of_extra = f" by {one.by}[{one.of_extra}]" if one.of_extra else ""
    marker = f"; {one.marker}" if one.marker else ""
    asked = f"{one.bound}{marker}{of_extra}"
    return f"{one.name}{extras} {versions or '(not in the file)'}{'  ' if asked else ''}{asked}"


def why_in_words(contents: FileContents, name: str) -> list[str]:
    """Why the project `name` is in the file, or why the file does not run on the Python `name` ("3.14").

    Raises UsageError for a project that is not in the file.
    """
    limits = _limits_of(contents, name)
    if limits is not None:
        return limits
    ways = _ways(contents, name)
    there = contents.by_name.get(_normal(name), ())
    if not there:
        return [f"{name} is not in {contents.path}, and is required by", *ways]
    size = size_in_words(sum(wheel.size for wheel in there))
    versions = " and ".join(dict.fromkeys(wheel.version for wheel in there))
    if not ways:
        return [f"{name} {versions} ({size}) is in {contents.path}, and nothing in it requires it"]
    return [f"{name} {versions} ({size}) is in {contents.path} because of", *ways]


def _ways(contents: FileContents, name: str) -> list[str]:
    from pexlite.contents.reasons import ways_to

    ways = ways_to(contents, _normal(name))
    if not ways and _normal(name) not in contents.by_name:
        raise _unknown(contents, name)
    return [f"  {' -> '.join(_steps(way))}" for way in ways]


def _steps(way: Sequence[Dependency]) -> list[str]:
    first = [] if not way[0].by else [way[0].by]
    return first + [_step(one) for one in way]


def _step(one: Dependency) -> str:
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    marker = f" ({one.marker})" if one.marker else ""
    return f"{one.name}{extras}{one.bound}{marker}"


def _unknown(contents: FileContents, name: str) -> UsageError:
    near = difflib.get_close_matches(_normal(name), list(contents.by_name), 1)
    return UsageError(
        f"{contents.path} has no project {name!r}, and nothing in it requires one",
        hint=f"did you mean {near[0]}?" if near else "see what is in it: pexlite info --tree app.pex",
    )


def _limits_of(contents: FileContents, name: str) -> list[str] | None:
    """The limits of the Python or platform `name`; None where it names a project."""
    found = _PYTHON.fullmatch(name)
    place = f"CPython 3.{found[1]}" if found else name
    limits = [one for one in contents.limits if one.place.lower() == place.lower()]
    if not found and not limits:
        return None
    if not limits:
        why = contents.runs_on or "it does not say on which Pythons"
        return [f"nothing is known that would keep {contents.path} from {place}: it runs on {why}"]
    return [f"{contents.path} does not run on {place}:", *(f"  {line}" for line in _reasons(limits))]


def _reasons(limits: Sequence[Limit]) -> list[str]:
    reasons = [reason for one in limits for reason in one.reasons]
    more = len(reasons) - _MOST_REASONS
    return [*reasons[:_MOST_REASONS], *([f"and {more} more"] if more > 0 else [])]


def graph_in_json(contents: FileContents) -> dict[str, Any]:
    """The graph and the limits for programs."""
    return {
        "dependencies": [asdict(one) for one in contents.dependencies],
        "limits": [asdict(one) for one in contents.limits],
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
