"""The files that a lock names: their addresses, sizes and digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from packaging.pylock import Package, PackageArchive, PackageSdist, PackageWheel

from pexlite.errors import FetchError
from pexlite.files.names import fault_of_name, fault_of_path
from pexlite.network.urls import local_path, parts_of

# Without SHAKE, whose digests have any length: a short one proves nothing.
_KINDS = frozenset(name for name in hashlib.algorithms_available if not name.startswith("shake"))


@dataclass(frozen=True)
class Teller:
    """Who says which files there are: a lock, or the resolver that was just asked."""

    name: str
    """At the beginning of a sentence: "the lock", "uv"."""
    again: str
    """How to have it said again, as a hint."""

    @classmethod
    def resolver(cls, name: str) -> Teller:
        """The resolver `name`, which may have believed its cache."""
        return cls(name, "have it asked again: --refresh")


LOCK = Teller("the lock", "lock again")
RESOLVED = Teller.resolver("the resolver")


@dataclass(frozen=True)
class Remote:
    """A wheel, sdist or archive, at a URL or at a path of this machine."""

    project: str
    filename: str
    url: str = ""
    """The lock's URL, perhaps with credentials: never show it."""
    path: Path | None = None
    """The absolute path on this machine; if set, `url` is not used."""
    size: int | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Algorithm to hex digest; all of them are checked."""
    teller: Teller = LOCK

    @property
    def sha256(self) -> str | None:
        """The sha256 that the lock gives, if any."""
        return self.hashes.get("sha256")


def remote_file(
    package: Package,
    source: PackageWheel | PackageSdist | PackageArchive,
    lock_directory: Path | None,
    teller: Teller = LOCK,
) -> Remote:
    """The file for `source`, of which `teller` says. Relative paths start from `lock_directory`.

    Raises FetchError where a relative path has no known start, or all digests are of unknown algorithms.
    """
    said = {name.lower(): digest.lower() for name, digest in source.hashes.items()}
    hashes = {name: digest for name, digest in said.items() if name in _KINDS}
    if said and not hashes:
        raise FetchError(
            f"{teller.name} gives {package.name} a digest by {', '.join(said)}, which is unknown here"
        )
    path = _path(package, source, lock_directory)
    filename = _filename(source, path)
    fault = fault_of_name(filename)
    if fault:
        raise FetchError(f"{teller.name} has a file of {package.name} called {filename!r}, and that {fault}")
    return Remote(
        project=package.name,
        filename=filename,
        url=source.url or "",
        path=path,
        size=source.size,
        hashes=hashes,
        teller=teller,
    )


def inside(package: Package, subdirectory: str | None, teller: Teller = LOCK) -> str:
    """`subdirectory`, a path that `teller` names, if it lies inside an archive or repository; "" for None.

    Raises FetchError for any other.
    """
    if not subdirectory:
        return ""
    fault = fault_of_path(subdirectory.removesuffix("/"))
    if fault:
        raise FetchError(f"{teller.name} has {package.name} in the subdirectory {subdirectory!r}, which is none")
    return subdirectory


def lock_path(package: Package, given: str, lock_directory: Path | None) -> Path:
    """`given`, a path in a lock, made absolute. Raises FetchError where the lock's directory is unknown."""
    path = Path(given)
    if path.is_absolute():
        return path
    if lock_directory is None:
        raise FetchError(
            f"the lock says {package.name} lies at {given}, and it is not known where the lock lies",
            hint="give the lock as a file",
        )
    return Path(lock_directory).absolute() / path


def _path(
    package: Package, source: PackageWheel | PackageSdist | PackageArchive, lock_directory: Path | None
) -> Path | None:
    if source.path is not None:
        path = lock_path(package, source.path, lock_directory)
        # Both may be given (PEP 751); the path is then a copy that may be missing on this machine.
        if path.exists() or source.url is None:
            return path
    if source.url and parts_of(source.url, FetchError).scheme == "file":
        return local_path(source.url)
    return None


def _filename(source: PackageWheel | PackageSdist | PackageArchive, path: Path | None) -> str:
    if not isinstance(source, PackageArchive):
        return source.filename
    return path.name if path else unquote(parts_of(source.url or "", FetchError).path).rpartition("/")[2]
