"""`--exclude` and `--override` read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.installers import mask
from pexlite.model import Amendments, Root
from pexlite.resolve.gathered import Problem


@dataclass(frozen=True)
class ReadAmendments:
    """The amendments, and what was wrong with them."""

    value: Amendments
    problems: tuple[Problem, ...]


def read_amendments(excluded: Sequence[str], overrides: Sequence[str]) -> ReadAmendments:
    """What `--exclude` and `--override` say: each a requirement, which an exclusion may not give a URL."""
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


def amended(roots: Sequence[Root], amendments: Amendments) -> tuple[Root, ...]:
    """`roots` as the amendments have them: without what is excluded, and with what takes their place."""
    never = amendments.never_wanted()
    found: dict[str, Root] = {}
    for root in roots:
        if canonicalize_name(root.requirement.name) in never:
            continue
        for requirement in amendments.instead_of(root.requirement):
            kept = root if requirement is root.requirement else Root(requirement, "--override")
            found.setdefault(f"{kept.requirement} {kept.hashes}", kept)
    return tuple(found.values())


def _parsed(option: str, texts: Sequence[str], problems: list[Problem]) -> tuple[Requirement, ...]:
    found = []
    for text in texts:
        try:
            found.append(Requirement(text))
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0].strip().rstrip(":")
            hint = f"write it as in {option} 'click==8.1.7'"
            problems.append(Problem(f"{option} {mask(text)!r} is no requirement: {reason}", hint))
    return tuple(dict.fromkeys(found))
