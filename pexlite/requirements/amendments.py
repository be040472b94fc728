"""`--exclude` and `--override`: read, recorded in a lock, applied to roots."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.pylock import Pylock
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.addresses import mask, without_secrets
from pexlite.errors import ResolutionError
from pexlite.model import Amendments, Problem, Root


@dataclass(frozen=True)
class ReadAmendments:
    """Amendments, and the problems found while reading them."""

    value: Amendments
    problems: tuple[Problem, ...]


def read_amendments(excluded: Sequence[str], overrides: Sequence[str]) -> ReadAmendments:
    """The requirements of `--exclude`, which may have no URL, and of `--override`."""
    problems: list[Problem] = []
    out = _parsed("--exclude", excluded, problems)
    instead = _parsed("--override", overrides, problems)
    for requirement in out:
        if requirement.url:
            text = f"--exclude {requirement.name} names an address, and what stays out has none"
            problems.append(Problem(text, f"--exclude {requirement.name}"))
    both = {canonicalize_name(found.name) for found in out} & {canonicalize_name(found.name) for found in instead}
    problems += [Problem(f"{name} is both excluded and overridden", "keep one of them") for name in sorted(both)]
    return ReadAmendments(Amendments(out, instead), tuple(problems))


def recorded(amendments: Amendments) -> dict[str, dict[str, list[str]]] | None:
    """The `[tool]` table that records `amendments` in a lock, URLs without passwords; None without any.

    [tool.pexlite]
    excluded = ["pyspark"]
    """
    table = {
        "excluded": list(map(str, amendments.excluded)),
        "overrides": list(map(_kept, amendments.overrides)),
    }
    said = {name: values for name, values in table.items() if values}
    return {"pexlite": said} if said else None


def with_recorded(amendments: Amendments, lock: Pylock) -> Amendments:
    """`amendments` together with those recorded in `lock`; where both name a project, `amendments` win.

    Raises ResolutionError where the lock's table is damaged.
    """
    table = (lock.tool or {}).get("pexlite", {})
    read = read_amendments(table.get("excluded", ()), table.get("overrides", ()))
    if read.problems:
        raise ResolutionError(
            "[tool.pexlite] in the lock cannot be read",
            causes=[problem.message for problem in read.problems],
            hint="lock again: pexlite lock .",
        )
    # This build's own amendments of a project win over the lock's.
    said = {canonicalize_name(found.name) for found in (*amendments.excluded, *amendments.overrides)}
    excluded = [found for found in read.value.excluded if canonicalize_name(found.name) not in said]
    overrides = [found for found in read.value.overrides if canonicalize_name(found.name) not in said]
    return Amendments(_in_order((*amendments.excluded, *excluded)), _in_order((*amendments.overrides, *overrides)))


def amended_roots(roots: Sequence[Root], amendments: Amendments) -> tuple[Root, ...]:
    """`roots` without excluded projects, and with overrides in place of the roots for their projects."""
    never = amendments.never_wanted()
    found: dict[str, Root] = {}
    for root in roots:
        if canonicalize_name(root.requirement.name) in never:
            continue
        for requirement in amendments.instead_of(root.requirement):
            kept = root if requirement is root.requirement else Root(requirement, "--override")
            found.setdefault(f"{kept.requirement} {kept.hashes}", kept)
    return tuple(found.values())


def _kept(override: Requirement) -> str:
    kept = copy.copy(override)
    kept.url = without_secrets(override.url) if override.url else None
    return str(kept)


def _parsed(option: str, texts: Sequence[str], problems: list[Problem]) -> tuple[Requirement, ...]:
    found = []
    for text in texts:
        try:
            found.append(Requirement(text))
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0].strip().rstrip(":")
            hint = f"write it as in {option} 'click==8.1.7'"
            problems.append(Problem(f"{option} {mask(text)!r} is no requirement: {reason}", hint))
    return _in_order(found)


def _in_order(found: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """`found`, each once, in an order that does not depend on how they were written down."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (canonicalize_name(one.name), str(one))))
