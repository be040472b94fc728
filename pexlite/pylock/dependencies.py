"""The dependencies that a lock records between its packages (PEP 751's `dependencies`).

They say what may be needed, for a first look; METADATA of the wheels says what is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, TypeAlias

from packaging.markers import Marker
from packaging.pylock import Package, Pylock
from packaging.utils import NormalizedName, canonicalize_name

Needs: TypeAlias = Mapping[NormalizedName, Iterable[NormalizedName]]
"""The projects that each project depends on."""

# The values by which markers are told apart: as many environments as there are ways to combine them.
_PYTHONS = range(8, 17)  # minor versions
_SYSTEMS = (("posix", "linux", "Linux"), ("posix", "darwin", "Darwin"), ("nt", "win32", "Windows"))
_MACHINES = ("x86_64", "aarch64")
_IMPLEMENTATIONS = ("CPython", "PyPy")


def reached(lock: Pylock, names: Iterable[NormalizedName]) -> set[NormalizedName]:
    """Those of `names` that `lock` has, with all that it records them to depend on, directly or not."""
    packages: dict[NormalizedName, list[Package]] = {}
    for package in lock.packages:
        packages.setdefault(package.name, []).append(package)
    found: set[NormalizedName] = set()
    waiting = [name for name in names if name in packages]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [needed for one in packages[name] for needed in recorded(one) if needed in packages]
    return found


def with_dependencies(lock: Pylock, needs: Needs) -> Pylock:
    """`lock` with the entries that each package depends on by `needs`, each by its name and version.

    Of several entries for one project these are the ones that some environment has beside the package.
    """
    packages: dict[NormalizedName, list[Package]] = {}
    for package in lock.packages:
        packages.setdefault(package.name, []).append(package)
    return replace(lock, packages=[_depending(package, needs, packages) for package in lock.packages])


def shortest(lock: Pylock) -> Pylock:
    """`lock` whose dependencies say no more than what tells one entry from the others, as PEP 751 has it."""
    names = [package.name for package in lock.packages]
    alone = {name for name in names if names.count(name) == 1}
    return replace(lock, packages=[_shortened(package, alone) for package in lock.packages])


def united(packages: Iterable[Package]) -> Sequence[Mapping[str, Any]] | None:
    """The dependencies of all `packages`, which are one package on several targets; None without any."""
    entries = {str(entry): entry for package in packages for entry in package.dependencies or ()}
    return [entry for _, entry in sorted(entries.items())] or None


def _depending(package: Package, needs: Needs, packages: Mapping[NormalizedName, Sequence[Package]]) -> Package:
    entries = []
    for name in sorted(set(needs.get(package.name, ()))):
        choices = packages.get(name, ())
        beside = [choice for choice in choices if len(choices) == 1 or _meet(package.marker, choice.marker)]
        entries += [
            {"name": name} | ({"version": str(choice.version)} if choice.version else {})
            for choice in beside or choices
        ]
    return replace(package, dependencies=entries or None)


def _shortened(package: Package, alone: set[NormalizedName]) -> Package:
    entries = [
        {"name": entry["name"]} if entry.get("name") in alone else entry for entry in package.dependencies or ()
    ]
    return replace(package, dependencies=entries) if entries else package


def _meet(one: Marker | None, other: Marker | None) -> bool:
    """Whether both markers hold in some environment."""
    return any(
        all(marker is None or marker.evaluate({**environment}) for marker in (one, other))
        for environment in _environments()
    )


@cache
def _environments() -> tuple[dict[str, str], ...]:
    found = []
    for minor, (os_name, sys_platform, system), machine, implementation in product(
        _PYTHONS, _SYSTEMS, _MACHINES, _IMPLEMENTATIONS
    ):
        version = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.9"}
        place = {"os_name": os_name, "sys_platform": sys_platform, "platform_system": system}
        kind = {"platform_python_implementation": implementation, "implementation_name": implementation.lower()}
        found.append({**version, **place, **kind, "platform_machine": machine})
    return tuple(found)


def recorded(package: Package) -> Iterator[NormalizedName]:
    """The names of the packages that `package` is recorded to depend on.

    {"name": "click", "version": "8.2.1"}
    """
    for entry in package.dependencies or ():
        name = entry.get("name")
        if isinstance(name, str):
            yield canonicalize_name(name)
