"""A lock from the report of `pip install --dry-run --report`, which has a specification of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.pylock import Package, PackageArchive, PackageSdist, PackageVcs, PackageWheel, Pylock
from packaging.utils import canonicalize_name
from packaging.version import Version

from pexlite.errors import ResolutionError
from pexlite.network.urls import parts_of


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
