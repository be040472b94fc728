"""Several locks, each for one target, merged into one whose markers tell the targets apart (PEP 751)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from packaging.markers import Marker
from packaging.pylock import Package, Pylock
from packaging.version import Version

from pexlite.model import Target
from pexlite.pylock.dependencies import united

# The variables that distinguish targets. None exists for the C library or the GIL; patch releases count as one.
_VARIABLES = ("sys_platform", "platform_machine", "implementation_name", "python_version")


def merge(locks: Sequence[tuple[Target, Pylock]]) -> Pylock:
    """One lock from which `Pylock.select` chooses for each target the content of the target's own lock.

    A package that all targets share occurs once, without a marker; the files of one version are united. Targets
    that no marker distinguishes must agree on every version: see `marker_key`.
    """
    if len(locks) == 1:
        return locks[0][1]
    targets = [target for target, _ in locks]
    variables = _distinguishing(targets)
    by_name: dict[str, dict[object, list[tuple[Target, Package]]]] = {}
    for target, lock in locks:
        for package in lock.packages:
            by_name.setdefault(package.name, {}).setdefault(_identity(package), []).append((target, package))
    packages = [
        _united(entries, targets, variables)
        for _, choices in sorted(by_name.items())
        for entries in choices.values()
    ]
    lock = Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=packages)
    lock.validate()
    return lock


def environments(targets: Sequence[Target]) -> tuple[Marker, ...]:
    """The `environments` of a lock made only for `targets`: a marker for each (PEP 751)."""
    keys = dict.fromkeys(map(marker_key, targets))
    return tuple(_marker([key], _VARIABLES) for key in keys)


def marker_key(target: Target) -> tuple[str, ...]:
    """The target's values of the marker variables: equal for targets that no marker distinguishes."""
    return tuple(_value(target, variable) for variable in _VARIABLES)


def _distinguishing(targets: Sequence[Target]) -> tuple[str, ...]:
    """The variables in which `targets` differ."""
    return tuple(name for name in _VARIABLES if len({_value(target, name) for target in targets}) > 1)


def _united(
    entries: Sequence[tuple[Target, Package]], targets: Sequence[Target], variables: Sequence[str]
) -> Package:
    """One package for all of `entries`, with a marker unless every target has it."""
    first = entries[0][1]
    wheels = {wheel.filename: wheel for _, package in entries for wheel in package.wheels or ()}
    sdist = next((package.sdist for _, package in entries if package.sdist), None)
    having = {_values(target, variables) for target, _ in entries}
    everywhere = having == {_values(target, variables) for target in targets}
    marker = None if everywhere else _marker(sorted(having), variables)
    dependencies = united(package for _, package in entries)
    return replace(
        first, wheels=list(wheels.values()) or None, sdist=sdist, marker=marker, dependencies=dependencies
    )


def _marker(having: Sequence[tuple[str, ...]], variables: Sequence[str]) -> Marker:
    """`sys_platform == 'linux' and python_version == '3.11' or …`."""
    terms = [
        " and ".join(f"{name} == '{value}'" for name, value in zip(variables, values, strict=True))
        for values in having
    ]
    return Marker(" or ".join(terms))


def _identity(package: Package) -> object:
    """A key that is equal for entries of two locks that install the same thing."""
    direct = package.archive or package.vcs or package.directory
    return (package.version, repr(direct) if direct else None)


def _value(target: Target, variable: str) -> str:
    environment: Mapping[str, str] = {name: str(value) for name, value in target.environment.items()}
    return environment[variable]


def _values(target: Target, variables: Sequence[str]) -> tuple[str, ...]:
    return tuple(_value(target, variable) for variable in variables)
