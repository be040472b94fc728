"""A lock from the report of `pip install --dry-run --report`, which has a specification of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from packaging.pylock import Package, PackageArchive, PackageSdist, PackageVcs, PackageWheel, Pylock
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pexlite.errors import ResolutionError
from pexlite.network.urls import parts_of
from pexlite.pylock.dependencies import Needs
from pexlite.resolve.job import Job
from pexlite.wheels.metadata import parse_requirement


def read_report(file: Path) -> Pylock:
    """The lock of all that pip would install, by the report `file`. Raises ResolutionError for a missing hash."""
    packages = sorted(map(_package, installed(file)), key=lambda package: package.name)
    lock = Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=packages)
    lock.validate()
    return lock


def installed(file: Path) -> list[Mapping[str, Any]]:
    """The distributions that pip would install, as the report `file` describes them."""
    found: list[Mapping[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["install"]
    return found


def needs_in(file: Path, job: Job) -> Needs:
    """The dependencies between the distributions in the report `file`, with the extras that `job` leads to."""
    requires = {canonicalize_name(one["metadata"]["name"]): _requires_dist(one) for one in installed(file)}
    environment: dict[str, str] = {**cast("Mapping[str, str]", job.target.environment)}
    needs: dict[NormalizedName, set[NormalizedName]] = {}
    waiting = [
        (canonicalize_name(root.requirement.name), extra)
        for root in job.roots
        for extra in ("", *root.requirement.extras)
    ]
    done = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in done:
            continue
        done.add((name, extra))
        environment["extra"] = canonicalize_name(extra)
        for requirement in requires.get(name, ()):
            needed = canonicalize_name(requirement.name)
            if needed in requires and (requirement.marker is None or requirement.marker.evaluate({**environment})):
                needs.setdefault(name, set()).add(needed)
                waiting += [(needed, one) for one in ("", *requirement.extras)]
    return needs


def _requires_dist(item: Mapping[str, Any]) -> list[Requirement]:
    return [*map(parse_requirement, item["metadata"].get("requires_dist", ()))]


def _package(item: Mapping[str, Any]) -> Package:
    """One package of the lock, from one entry of the report's `install`.

    {"download_info": {"url": "https://…/click-8.5.1-py3-none-any.whl",
                       "archive_info": {"hashes": {"sha256": "…"}}}, "is_direct": false, "metadata": {…}}
    """
    name = canonicalize_name(item["metadata"]["name"])
    version = Version(item["metadata"]["version"])
    info = item["download_info"]
    url = info["url"]
    if "vcs_info" in info:
        return Package(name=name, version=version, vcs=_vcs(info))
    hashes = info.get("archive_info", {}).get("hashes", {})
    if not hashes:
        raise ResolutionError(
            f"pip found {name} {version} without a hash",
            causes=[f"at {url}"],
            hint="use an index that serves hashes, or --resolver uv",
        )
    if item["is_direct"]:
        archive = PackageArchive(url=url, hashes=hashes, subdirectory=info.get("subdirectory"))
        return Package(name=name, version=version, archive=archive)
    filename = unquote(parts_of(url).path).rpartition("/")[2]
    if filename.endswith(".whl"):
        wheel = PackageWheel(name=filename, url=url, hashes=hashes)
        return Package(name=name, version=version, wheels=[wheel])
    return Package(name=name, version=version, sdist=PackageSdist(name=filename, url=url, hashes=hashes))


def _vcs(info: Mapping[str, Any]) -> PackageVcs:
    vcs = info["vcs_info"]
    return PackageVcs(
        type=vcs["vcs"],
        url=info["url"],
        requested_revision=vcs.get("requested_revision"),
        commit_id=vcs["commit_id"],
        subdirectory=info.get("subdirectory"),
    )
