"""The pins of a lock, read loosely: a lock that cannot be followed can still be compared with a new one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.pylock import Package, PackageVcs, Pylock
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pexlite.errors import ResolutionError
from pexlite.resolve.foreign.kinds import KINDS
from pexlite.resolve.project_lock import is_of_uv

_Table = Mapping[str, Any]
# The formats that are read: a newer one may mean something else by the same words.
_READ = {"pylock.toml": ("packages", "lock-version", "1."), "uv.lock": ("package", "version", "1.")}


@dataclass(frozen=True)
class Pin:
    """One distribution that a lock pins."""

    version: Version | None
    """None where the lock leaves it to the source, as for a directory."""
    hashes: frozenset[str] = frozenset()
    """The sha256 of its files, without those that the lock does not tell."""
    direct: str = ""
    """The repository, file or directory that it comes from, for people; "" for an index."""
    commit: str = ""

    def __str__(self) -> str:
        found = f"{self.version or ''} {f'from {self.direct}' if self.direct else ''}".strip()
        return f"{found} at {self.commit[:12]}" if self.commit else found

    def becomes(self, other: Pin) -> bool:
        """Whether `other` is the same distribution, as far as both locks tell."""
        if bool(self.direct) != bool(other.direct) or (
            self.commit and other.commit and self.commit != other.commit
        ):
            return False
        if self.version is not None and other.version is not None and self.version != other.version:
            return False
        return not (self.hashes and other.hashes) or not self.hashes.isdisjoint(other.hashes)


def pins_in(file: Path) -> Mapping[str, Sequence[Pin]] | None:
    """The pins of the lock `file`, by normalised name; None where they cannot be read."""
    if file.name in KINDS:
        return _of_foreign(file)
    rows, key, wanted = _READ["uv.lock" if is_of_uv(file) else "pylock.toml"]
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    packages = table.get(rows, [])
    known = f"{table.get(key, '')}." if rows == "package" else str(table.get(key, ""))
    if not known.startswith(wanted) or not isinstance(packages, list):
        return None
    found: dict[str, list[Pin]] = {}
    try:
        for package in packages:
            pin = _of_uv(package) if rows == "package" else _of_pylock(package)
            found.setdefault(canonicalize_name(package["name"]), []).append(pin)
    except (TypeError, KeyError, AttributeError, InvalidVersion):
        return None
    return found


def changed_pins(pins: Mapping[str, Sequence[Pin]], found: Pylock, own: set[str]) -> Iterator[str]:
    """A line for each package of `found` that is another than `pins` have; `own` are the names of local code.

    click 8.1 -> 8.9
    """
    for package in found.packages:
        before, now = pins.get(package.name, ()), _pin_of(package)
        if before and package.name not in own and not any(pin.becomes(now) for pin in before):
            old, new = " or ".join(map(str, before)), str(now)
            yield f"{package.name} {old} -> {new if new != old else 'other files of that version'}"


def _pin_of(package: Package) -> Pin:
    """The pin of a package that was resolved now."""
    files = [*(package.wheels or ()), package.sdist, package.archive]
    hashes = frozenset(file.hashes["sha256"] for file in files if file is not None and "sha256" in file.hashes)
    commit = package.vcs.commit_id if package.vcs else ""
    return Pin(package.version, hashes, "its own address" if package.is_direct else "", commit)


def _of_pylock(package: _Table) -> Pin:
    direct = next((kind for kind in ("vcs", "directory", "archive") if package.get(kind)), "")
    place = package.get(direct, {}) if direct else {}
    files = [*package.get("wheels", ()), package.get("sdist"), package.get("archive")]
    hashes = (file.get("hashes", {}).get("sha256") for file in files if file)
    return Pin(
        _version(package),
        frozenset(filter(None, hashes)),
        str(place.get("url") or place.get("path") or direct) if direct else "",
        str(place.get("commit-id", "")),
    )


def _of_uv(package: _Table) -> Pin:
    source = package.get("source", {})
    direct = "" if "registry" in source else next(map(str, source.values()), "")
    files = [*package.get("wheels", ()), package.get("sdist")]
    hashes = (str(file.get("hash", "")) for file in files if file)
    return Pin(
        _version(package),
        frozenset(one.removeprefix("sha256:") for one in hashes if one.startswith("sha256:")),
        direct.partition("?")[0].partition("#")[0],
        direct.partition("#")[2] if "git" in source else "",
    )


def _of_foreign(file: Path) -> Mapping[str, Sequence[Pin]] | None:
    try:
        packages = KINDS[file.name].read(file, ()).packages
    except ResolutionError:
        return None
    found: dict[str, list[Pin]] = {}
    for one in packages:
        hashes = frozenset(text.removeprefix("sha256:") for text in one.hashes if text.startswith("sha256:"))
        commit = one.source.commit_id if isinstance(one.source, PackageVcs) else ""
        source = one.source
        place = "" if source is None else str(getattr(source, "url", None) or source.path)
        found.setdefault(one.name, []).append(Pin(one.version, hashes, place, commit))
    return found


def _version(package: _Table) -> Version | None:
    return Version(package["version"]) if "version" in package else None
