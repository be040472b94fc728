"""The commits of an earlier lock: a branch stays where it was until it is upgraded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from packaging.pylock import Package, PackageVcs, Pylock
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.addresses import without_secrets
from pexlite.errors import PexliteError
from pexlite.model import Root
from pexlite.network.urls import parts_of

Commits: TypeAlias = Mapping[NormalizedName, PackageVcs]


def kept_commits(lock: Pylock, upgraded: Collection[NormalizedName], directory: Path) -> Commits:
    """The repositories in `lock`, which lies in `directory`, without those of `upgraded`; each with a URL."""
    found = {}
    for package in lock.packages:
        source = package.vcs
        if source is not None and package.name not in upgraded:
            here = (directory / source.path).resolve().as_uri() if source.path else None
            found[package.name] = replace(source, url=source.url or here, path=None)
    return found


def at_commits(roots: Sequence[Root], commits: Commits) -> tuple[Root, ...]:
    """`roots`, where those that ask for a repository's revision as in the lock ask for the commit that it has."""
    return tuple(_at_commit(root, commits.get(canonicalize_name(root.requirement.name))) for root in roots)


def as_asked(lock: Pylock, roots: Sequence[Root], commits: Commits) -> Pylock:
    """`lock` with the revisions that `roots` asked for before `at_commits`."""
    moved = {canonicalize_name(root.requirement.name) for root in roots if _asks_as(root, commits)}
    return replace(lock, packages=[_as_asked(package, moved, commits) for package in lock.packages])


def _as_asked(package: Package, moved: Collection[NormalizedName], commits: Commits) -> Package:
    if package.vcs is None or package.name not in moved:
        return package
    asked = commits[package.name].requested_revision
    return replace(package, vcs=replace(package.vcs, requested_revision=asked))


def _asks_as(root: Root, commits: Commits) -> bool:
    return _at_commit(root, commits.get(canonicalize_name(root.requirement.name))) is not root


def _at_commit(root: Root, kept: PackageVcs | None) -> Root:
    """`root` with the commit of `kept` in its URL, if it asks for the same revision of the same repository.

    core @ git+https://code.example/core.git@main#subdirectory=lib
    """
    kind, plus, address = (root.requirement.url or "").partition("+")
    if kept is None or not plus or kind != kept.type:
        return root
    try:
        parts = parts_of(address)
    except PexliteError:
        return root
    place, _, revision = parts.path.rpartition("@") if "@" in parts.path else (parts.path, "", "")
    repository = parts._replace(path=place, fragment="").geturl()
    if revision != (kept.requested_revision or "") or without_secrets(repository) != kept.url:
        return root
    requirement = Requirement(str(root.requirement))
    requirement.url = f"{kind}+{parts._replace(path=f'{place}@{kept.commit_id}').geturl()}"
    return replace(root, requirement=requirement)
