"""The packages that a lock has for each target (PEP 751), or why a target cannot have it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast

from packaging.pylock import Package, Pylock, PylockSelectError

from pexlite.errors import FetchError
from pexlite.listed import listed
from pexlite.model import LockParts, Target, Wheel
from pexlite.pylock.rules import LockRules, Source

_MOST_SHOWN = 4
_DEFAULT_PARTS = LockParts()
_NO_RULES = LockRules()
_NONE = object()


@dataclass(frozen=True, eq=False)
class Choice:
    """A package of a lock, with its source for `target`."""

    package: Package
    source: Source
    target: Target


def select(
    lock: Pylock,
    targets: Sequence[Target],
    parts: LockParts = _DEFAULT_PARTS,
    rules: LockRules = _NO_RULES,
) -> list[Choice]:
    """The packages and sources of `lock` for each of `targets`, with the requested `parts` and by the `rules`.

    Raises FetchError naming each project that has nothing for a target, with its other files, or each that breaks
    a rule.
    """
    lock = rules.narrowed(lock)
    chosen: list[Choice] = []
    problems: list[str] = []
    for target in targets:
        try:
            chosen += _chosen(lock, target, parts)
        except PylockSelectError:
            problems += _problems(lock, target, parts)
    if problems:
        raise FetchError(
            f"{rules.subject} does not fit {', '.join(target.name for target in targets)}",
            causes=list(dict.fromkeys(problems)),
            hint="lock again for these targets, with the same --python and --platform: pexlite lock ."
            if rules.given
            else "name an index or a directory that has files for them: --find-links PATH|URL",
        )
    _check(chosen, rules)
    return chosen


def _check(chosen: Sequence[Choice], rules: LockRules) -> None:
    faults = [rules.fault(choice.package, choice.source) for choice in chosen]
    found = list(dict.fromkeys(fault for fault in faults if fault))
    if found:
        what = rules.subject
        raise FetchError(
            f"{what} breaks a rule: {found[0]}" if len(found) == 1 else f"{what} breaks {len(found)} rules",
            causes=found if len(found) > 1 else (),
            hint=("lock again, with wheels and their sha256; " if rules.given else "")
            + "the rules are pip's settings and those of -r files",
        )


def wheels_given(lock: Pylock, target: Target, parts: LockParts, wheels: Sequence[Wheel]) -> tuple[Wheel, ...]:
    """Those of `wheels` whose version is the one that `lock` has for `target`."""
    versions = {choice.package.name: choice.package.version for choice in _chosen(lock, target, parts)}
    return tuple(wheel for wheel in wheels if versions.get(wheel.name, _NONE) in (None, wheel.version))


def applies(lock: Pylock, package: Package, target: Target, parts: LockParts) -> bool:
    """Whether `lock` has `package` for `target` with these `parts`, by its marker alone."""
    if package.marker is None:
        return True
    groups = lock.default_groups or () if parts.groups is None else parts.groups
    environment: dict[str, str | AbstractSet[str]] = {**cast("Mapping[str, str]", target.environment)}
    environment |= {"extras": parts.extras, "dependency_groups": frozenset(groups)}
    return package.marker.evaluate(environment, context="lock_file")


def _chosen(lock: Pylock, target: Target, parts: LockParts) -> list[Choice]:
    # An empty list of environments excludes none; packaging from 26.4 on lets it exclude all.
    selected = dataclasses.replace(lock, environments=lock.environments or None).select(
        environment=target.environment,
        tags=target.tags,
        extras=parts.extras,
        dependency_groups=parts.groups,
    )
    return [Choice(package, source, target) for package, source in selected]


def _problems(lock: Pylock, target: Target, parts: LockParts) -> list[str]:
    """The reasons why `target` cannot have `lock`: one for the lock as a whole, or one for each package."""
    try:
        _chosen(dataclasses.replace(lock, packages=[]), target, parts)
    except PylockSelectError:
        return [_refused_whole(lock, target)]
    found = []
    for package in lock.packages:
        try:
            _chosen(dataclasses.replace(lock, packages=[package]), target, parts)
        except PylockSelectError as problem:
            found.append(_refused_package(package, target, str(problem)))
    if not found:
        # Each package can be selected by itself, so two entries for one package must conflict.
        try:
            _chosen(lock, target, parts)
        except PylockSelectError as problem:
            found.append(f"{target.name}: {problem}")
    return found


def _refused_whole(lock: Pylock, target: Target) -> str:
    python = target.environment["python_full_version"]
    if not target.takes(lock.requires_python):
        return f"{target.name}: the lock is for Python {lock.requires_python}, this is {python}"
    markers = "; ".join(map(str, lock.environments or ()))
    return f"{target.name}: the lock is for other environments: {markers}"


def _refused_package(package: Package, target: Target, problem: str) -> str:
    name = f"{package.name} {package.version}" if package.version else package.name
    if not target.takes(package.requires_python):
        return f"{target.name}: {name} needs Python {package.requires_python}"
    wheels = sorted(wheel.filename for wheel in package.wheels or ())
    if not wheels:
        return f"{target.name}: {problem}"
    return f"{target.name}: {name} has no wheel that fits; there are {listed(wheels, _MOST_SHOWN)}"
