"""The wheels of a built file, sorted by how a lock vouches for them (PEP 751)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.utils import parse_wheel_filename

from pexlite.errors import UsageError
from pexlite.model import Manifest, StoredWheel


def read_lock(path: Path) -> Pylock:
    """The lock at `path`. Raises UsageError."""
    try:
        return Pylock.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as failure:
        raise UsageError(f"{path} cannot be read", causes=[failure.strerror or str(failure)]) from failure
    except (ValueError, PylockValidationError) as failure:
        raise UsageError(f"{path} is no pylock.toml", causes=[str(failure)]) from failure


def digests_in(lock: Pylock) -> frozenset[str]:
    """The sha256 of every wheel that `lock` names by it."""
    return frozenset(digest for package in lock.packages for digest in _digests(package))


class Vouched:
    """The wheels of a file, sorted by how the lock vouches for them."""

    def __init__(self, manifest: Manifest, lock: Pylock, unmade: Mapping[str, str]) -> None:
        """`unmade` has wheels that say of which they were made, and why it cannot be found out here."""
        self.problems: list[str] = []
        self.by_name: list[str] = []
        self.own: list[StoredWheel] = []
        packages: dict[str, list[Package]] = {}
        for package in lock.packages:
            packages.setdefault(package.name, []).append(package)
        local = {wheel.filename for wheel in manifest.wheels if wheel.local}
        for wheel in manifest.wheels:
            name, version, _, _ = parse_wheel_filename(wheel.filename)
            known = packages.get(name, [])
            digests = {digest for package in known for digest in _digests(package)}
            if wheel.sha256 in digests:
                continue
            if wheel.repacked_from in digests:
                if wheel.filename in unmade:
                    self.problems.append(f"{wheel.filename} may be made of it or not: {unmade[wheel.filename]}")
                continue
            if wheel.filename in local and not any(package.wheels for package in known):
                self.own.append(wheel)
            elif any(_is_source(package) and package.version in (None, version) for package in known):
                self.by_name.append(wheel.filename)
            elif not known:
                self.problems.append(f"the lock does not name {name}, of which {wheel.filename} is here")
            elif version not in {package.version for package in known}:
                said = " and ".join(sorted(str(package.version) for package in known))
                self.problems.append(f"{wheel.filename} is here, the lock has {name} {said}")
            else:
                self.problems.append(f"{wheel.filename} has a digest that the lock does not have")


def _digests(package: Package) -> Iterator[str]:
    hashes = [wheel.hashes for wheel in package.wheels or ()]
    if package.archive:
        hashes.append(package.archive.hashes)
    yield from filter(None, (found.get("sha256") for found in hashes))


def _is_source(package: Package) -> bool:
    """Whether `package` is installed by building a wheel, whose digest the lock cannot know."""
    return bool(package.sdist or package.vcs or package.directory or package.archive)
