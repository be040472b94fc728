"""The packages of a foreign lock that some requirements need, with the addresses of their files.

The lock names no addresses. So a resolver is asked for exactly these versions and hashes, without dependencies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from packaging.markers import Marker
from packaging.pylock import Package, PackageArchive, PackageVcs, Pylock
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pexlite.errors import ResolutionError
from pexlite.model import IndexSettings, Report, Root, Target
from pexlite.pylock.merge import merge
from pexlite.resolve.foreign.exported import packages_in
from pexlite.resolve.foreign.pinned import ForeignLock, Pinned
from pexlite.resolve.lock import Resolution, resolve
from pexlite.resolve.resolver import Resolver

_EXTRA = re.compile(r"""\bextra\s*==\s*(['"])([^'"]+)\1""")


@dataclass(frozen=True)
class Search:
    """Who looks for the files of a lock, and where."""

    resolver: Resolver
    settings: IndexSettings
    report: Report
    export: Callable[[], Pylock | None]
    """The lock as its own tool exports it, for files that the resolver does not find; None without that tool."""


def located(
    lock: ForeignLock, file: Path, needs: Sequence[tuple[Target, Sequence[Requirement]]], search: Search
) -> Pylock:
    """The packages of `lock`, read from `file`, that the `needs` of each target lead to.

    Raises ResolutionError for packages without a hash, and for files that no index has.
    """
    found = []
    for target, requirements in needs:
        pinned = _needed(lock, file, requirements, target) if lock.knows_needs else _all(lock, file, target)
        found.append((target, _with_files(pinned, file, target, search)))
    return merge(found)


def _with_files(pinned: Sequence[Pinned], file: Path, target: Target, search: Search) -> Pylock:
    bare = [one for one in pinned if one.source is None and not (one.version and one.hashes)]
    unhashed = [f"{one.name} {one.version or ''}".strip() for one in bare]
    if unhashed:
        raise ResolutionError(
            f"{file.name} has packages without version or hash",
            causes=unhashed,
            hint="lock again, or build with --no-lock",
        )
    roots = [
        Root(Requirement(f"{one.name}=={one.version}"), file.name, hashes=one.hashes)
        for one in pinned
        if one.source is None
    ]
    settings = search.resolver.heeded(_from_their_indexes(search.settings, pinned), IndexSettings())
    resolution = Resolution(roots, (), (target,), settings, with_what_they_need=False)
    try:
        lock = resolve(resolution, search.resolver, search.report)
    except ResolutionError:
        # Slower, and so the second to be asked: it may know passwords and indexes that only it is told.
        given = search.export()
        packages = packages_in(given, [one for one in pinned if one.source is None]) if given is not None else None
        if packages is None:
            raise
        lock = Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=packages)
    direct = [_direct(one) for one in pinned if one.source is not None]
    return replace(lock, packages=sorted([*lock.packages, *direct], key=lambda package: package.name))


def _direct(pinned: Pinned) -> Package:
    source, name, version = pinned.source, pinned.name, pinned.version
    if isinstance(source, PackageVcs):
        return Package(name=name, version=version, vcs=source)
    if isinstance(source, PackageArchive):
        return Package(name=name, version=version, archive=source)
    # Without a version: the project may have another one by the time it is built.
    return Package(name=name, directory=source)


def _from_their_indexes(settings: IndexSettings, pinned: Iterable[Pinned]) -> IndexSettings:
    """`settings` by which each package comes from the index that the lock has it from."""
    urls = {url.rstrip("/"): name for name, url in settings.named_indexes}
    general = {url.rstrip("/") for url in (settings.index_url, *settings.extra_index_urls) if url}
    known = {canonicalize_name(project) for _, project in settings.pins}
    named, pins = [*settings.named_indexes], [*settings.pins]
    for one in pinned:
        url = (one.index or "").rstrip("/")
        if not url or url in general or one.name in known or settings.no_index:
            continue
        if url not in urls:
            urls[url] = f"locked-{len(urls) + 1}"
            named.append((urls[url], one.index or ""))
        pins.append((urls[url], one.name))
    # A lock says every version, whenever it was uploaded.
    return replace(settings, named_indexes=tuple(named), pins=tuple(pins), uploaded_prior_to=None)


# -- what is needed ------------------------------------------------------------------------------


def _all(lock: ForeignLock, file: Path, target: Target) -> list[Pinned]:
    return [
        _one_of(choices, file, target, ())
        for choices in _by_name(one for one in lock.packages if _applies(one, target)).values()
    ]


def _needed(lock: ForeignLock, file: Path, requirements: Sequence[Requirement], target: Target) -> list[Pinned]:
    """The packages that `requirements` lead to on `target`, by what the lock says of their needs."""
    packages = _by_name(one for one in lock.packages if _applies(one, target))
    environment: dict[str, str] = {**cast("Mapping[str, str]", target.environment)}
    asked: dict[NormalizedName, list[Requirement]] = {}
    done: set[tuple[NormalizedName, str]] = set()
    waiting = [*requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in packages:
            continue  # the closure tells what is missing
        asked.setdefault(name, []).append(requirement)
        for extra in {"", *map(canonicalize_name, requirement.extras)} - {one for at, one in done if at == name}:
            done.add((name, extra))
            environment["extra"] = extra
            for one in packages[name]:
                if not one.extras or extra in one.extras:
                    waiting += [need for need in one.needs if _holds(need.marker, environment)]
    return [_one_of(packages[name], file, target, wishes) for name, wishes in sorted(asked.items())]


def _one_of(choices: Sequence[Pinned], file: Path, target: Target, wishes: Sequence[Requirement]) -> Pinned:
    """The one of `choices`, entries for one project, that satisfies `wishes`.

    Raises ResolutionError where there are several: older formats have no markers that tell them apart.
    """
    versions = {one.version: one for one in reversed(choices)}
    fitting = [one for version, one in versions.items() if _satisfies(version, wishes)] or [*versions.values()]
    if len(fitting) > 1:
        there = " and ".join(sorted(str(one.version) for one in fitting))
        raise ResolutionError(
            f"{file.name} has {fitting[0].name} {there} for {target.name}, and does not say which",
            hint="lock again with a newer version of that tool, or build with --no-lock",
        )
    return fitting[0]


def _satisfies(version: Version | None, wishes: Sequence[Requirement]) -> bool:
    return version is None or all(wish.specifier.contains(version, prereleases=True) for wish in wishes)


def _by_name(packages: Iterable[Pinned]) -> dict[NormalizedName, list[Pinned]]:
    found: dict[NormalizedName, list[Pinned]] = {}
    for one in packages:
        found.setdefault(one.name, []).append(one)
    return found


def _applies(one: Pinned, target: Target) -> bool:
    """Whether the lock has the package for `target`, with whatever extras of the project: the closure decides."""
    if not target.takes(one.requires_python):
        return False
    environment: dict[str, str] = {**cast("Mapping[str, str]", target.environment)}
    extras = ["", *(found[2] for found in _EXTRA.finditer(str(one.marker or "")))]
    return any(_holds(one.marker, environment | {"extra": extra}) for extra in extras)


def _holds(marker: Marker | None, environment: dict[str, str]) -> bool:
    return marker is None or marker.evaluate({**environment})
