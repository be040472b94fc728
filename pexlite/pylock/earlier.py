"""A lock that is there already: which of its versions a new lock keeps, and how the new one differs from it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from packaging.markers import Marker
from packaging.pylock import Package, Pylock
from packaging.utils import NormalizedName

from pexlite.model import LockChange, Target


def kept_versions(lock: Pylock, upgraded: Collection[NormalizedName]) -> Pylock:
    """The names, versions and markers of `lock`, without those of `upgraded` and without direct sources."""
    packages = [
        Package(name=package.name, version=package.version, marker=_plain_marker(package))
        for package in lock.packages
        if package.version is not None and not _has_one_source(package) and package.name not in upgraded
    ]
    return replace(
        lock,
        requires_python=None,
        environments=None,
        extras=None,
        dependency_groups=None,
        default_groups=None,
        tool=None,
        packages=packages,
    )


def versions_on(kept: Pylock, target: Target) -> Pylock:
    """Those of the versions in `kept` that are meant for `target`, without markers."""
    environment = {name: str(value) for name, value in target.environment.items()}
    return replace(
        kept,
        packages=[
            replace(package, marker=None)
            for package in kept.packages
            if package.marker is None or package.marker.evaluate(environment)
        ],
    )


def lock_changes(before: Pylock, after: Pylock) -> tuple[LockChange, ...]:
    """The projects whose versions differ between `before` and `after`, or the files of a version, by name."""
    old, new = _versions(before), _versions(after)
    files = _hashes(before), _hashes(after)
    found = []
    for name in sorted(old.keys() | new.keys()):
        versions = old.get(name, ()), new.get(name, ())
        if versions[0] != versions[1]:
            found.append(LockChange(name, *versions))
        elif files[0][name] and files[1][name] and files[0][name].isdisjoint(files[1][name]):
            others = tuple(f"{one} (other files)".strip() for one in versions[1])
            found.append(LockChange(name, versions[0], others))
    return tuple(found)


def _has_one_source(package: Package) -> bool:
    # Not `is_direct`, which takes a package without files, as in a requirements file, for one.
    return any((package.vcs, package.directory, package.archive))


def _versions(lock: Pylock) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for package in lock.packages:
        found.setdefault(package.name, set()).add(_version(package))
    return {name: tuple(sorted(versions)) for name, versions in found.items()}


def _hashes(lock: Pylock) -> dict[str, set[str]]:
    """The hashes of each project's files."""
    found: dict[str, set[str]] = {package.name: set() for package in lock.packages}
    for package in lock.packages:
        files = [*(package.wheels or ()), package.sdist, package.archive]
        found[package.name].update(value for file in files if file is not None for value in file.hashes.values())
    return found


def _version(package: Package) -> str:
    """The package's version, and the commit of a repository, in words; "" for a directory."""
    commit = f"at {package.vcs.commit_id[:12]}" if package.vcs else ""
    return " ".join(filter(None, [str(package.version or ""), commit]))


def _plain_marker(package: Package) -> Marker | None:
    """The package's marker, unless it asks for extras or groups, which only the earlier lock has."""
    optional = any(name in str(package.marker) for name in ("extras", "dependency_groups"))
    return None if optional else package.marker
