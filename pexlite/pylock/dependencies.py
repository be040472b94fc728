"""The dependencies that a lock records between its packages (PEP 751's `dependencies`).

They say what may be needed, for a first look; METADATA of the wheels says what is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.pylock import Package, Pylock
from packaging.utils import NormalizedName, canonicalize_name


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


def recorded(package: Package) -> Iterator[NormalizedName]:
    """The names of the packages that `package` is recorded to depend on.

    {"name": "click", "version": "8.2.1"}
    """
    for entry in package.dependencies or ():
        name = entry.get("name")
        if isinstance(name, str):
            yield canonicalize_name(name)
