"""The rules for a lock's files before one of them is fetched: formats, digests, hashes for everything."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
)

from pexlite.indexes.formats import SOURCE, WHEEL, only_format
from pexlite.model import IndexSettings

Source: TypeAlias = PackageVcs | PackageDirectory | PackageArchive | PackageSdist | PackageWheel
# Not md5 and sha1, for which two files with one digest can be made, nor SHAKE, whose digests may be short.
_STRONG = frozenset({"sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s"}) | frozenset(
    {"sha3_224", "sha3_256", "sha3_384", "sha3_512"}
)


def is_wheel(source: Source) -> bool:
    """Whether `source` is a wheel; everything else has to be built."""
    if isinstance(source, PackageArchive):
        address = source.path or (source.url or "").partition("#")[0].partition("?")[0]
        return address.endswith(".whl")
    return isinstance(source, PackageWheel)


@dataclass(frozen=True)
class LockRules:
    """pip's settings about formats and hashes, applied to a lock."""

    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    require_hashes: bool = False
    given: bool = False
    """Whether the builder gave the lock: only then do its digests promise anything."""

    @property
    def subject(self) -> str:
        """The subject of a sentence about what is held to the rules."""
        return "the lock" if self.given else "the result of resolving"

    @classmethod
    def of(cls, settings: IndexSettings, *, given: bool) -> LockRules:
        """The rules that `settings` make."""
        return cls(settings.only_binary, settings.no_binary, settings.require_hashes, given)

    def narrowed(self, lock: Pylock) -> Pylock:
        """`lock` without files that the settings forbid, for each package that has others."""
        if not self.only_binary and not self.no_binary:
            return lock
        return dataclasses.replace(lock, packages=[self._narrowed(package) for package in lock.packages])

    def _narrowed(self, package: Package) -> Package:
        if package.wheels and package.sdist:
            if not self._may_be_built(package.name):
                return dataclasses.replace(package, sdist=None)
            if not self._may_be_wheel(package.name):
                return dataclasses.replace(package, wheels=None)
        return package

    def fault(self, package: Package, source: Source) -> str | None:
        """The rule that taking `package` from `source` would break, as a sentence; None where it breaks none."""
        if isinstance(source, PackageDirectory):
            return None
        # As in pip, --only-binary does not apply to a source that the requirement names by its URL.
        bound = self.given or isinstance(source, PackageSdist)
        if bound and not is_wheel(source) and not self._may_be_built(package.name):
            return f"{package.name} would be built from source, and only-binary forbids that"
        if isinstance(source, PackageWheel) and not self._may_be_wheel(package.name):
            return f"{package.name} has only wheels, and no-binary asks for its source"
        if isinstance(source, PackageVcs):
            return f"{package.name} comes from {source.type}, which has no hash" if self.require_hashes else None
        return self._fault_of_digests(package.name, source.hashes)

    def _fault_of_digests(self, name: str, hashes: Mapping[str, str]) -> str | None:
        if _STRONG.isdisjoint(map(str.lower, hashes)) and (self.given or self.require_hashes):
            return f"{name} has a digest by {' and '.join(sorted(hashes))} alone, which proves nothing"
        return None

    def _may_be_built(self, name: str) -> bool:
        return only_format(name, self.only_binary, self.no_binary) != WHEEL

    def _may_be_wheel(self, name: str) -> bool:
        return only_format(name, self.only_binary, self.no_binary) != SOURCE
