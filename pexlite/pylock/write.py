"""A lock as a file that other machines can use: its text, without paths and secrets of this machine (PEP 751)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
)

from pexlite.addresses import without_secrets
from pexlite.model import LocalKind, LocalSource
from pexlite.network.urls import local_path
from pexlite.outputs import Kind, Output

_File = TypeVar("_File", PackageWheel, PackageSdist, PackageArchive)
_LISTS_OF_TABLES = ("wheels", "dependencies", "attestation-identities")


def portable(lock: Pylock, directory: Path, local: Mapping[Path, LocalSource]) -> Pylock:
    """`lock` as it can lie in `directory`: files of this machine by relative path, no address with a password.

    `local` maps a local wheel's path to the source that it was built from: the lock names a project by its
    directory, a wheel or sdist by its file, and leaves other local code out.
    """
    sources = {path.resolve(): source for path, source in local.items()}
    packages = []
    for package in lock.packages:
        path = local_path(package.archive.url or "") if package.archive else None
        source = sources.get(path.resolve()) if path else None
        if source is not None:
            packages += [found] if (found := _own(package, source, directory)) else []
        else:
            packages.append(_portable(package, directory))
    packages.sort(key=lambda package: (package.name, str(package.version), str(package.marker)))
    moved = replace(lock, created_by="pexlite", packages=packages)
    moved.validate()
    return moved


def lock_text(lock: Pylock) -> str:
    """`lock` as the text of a pylock.toml; the same lock gives the same text."""
    table = lock.to_dict()
    lines = [f"{name} = {_value(value)}" for name, value in table.items() if name not in ("packages", "tool")]
    if not lock.packages:
        lines.append("packages = []")
    for package in table["packages"]:
        lines += ["", "[[packages]]", *map(_line, package.items())]
    for name, value in table.get("tool", {}).items():
        lines += ["", f"[tool.{_key(name)}]", *map(_line, value.items())]
    return "\n".join([*lines, ""])


def write_lock(text: str, output: Path, *, force: bool = False) -> None:
    """Write `text` to `output`, all of it or, where that fails with WriteError, nothing.

    With `force` also in the place of a file that is no lock.
    """
    with Output(output, Kind.LOCK, force).replaced() as file:
        file.write(text.encode())


# -- nothing of this machine ---------------------------------------------------------------------


def _own(package: Package, source: LocalSource, directory: Path) -> Package | None:
    """The lock's entry for local code; None for code that only pexlite could install."""
    path = _relative(source.path, directory)
    bare = Package(name=package.name, marker=package.marker)
    if source.kind is LocalKind.PROJECT:
        # Without a version: the project may have another one by the time it is built.
        return replace(bare, directory=PackageDirectory(path=path))
    if source.kind not in (LocalKind.WHEEL, LocalKind.SDIST):
        return None
    with source.path.open("rb") as file:
        hashes = {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    archive = PackageArchive(path=path, size=source.path.stat().st_size, hashes=hashes)
    return replace(bare, version=package.version, archive=archive)


def _portable(package: Package, directory: Path) -> Package:
    index = package.index
    if index is not None and (local_path(index) is not None or without_secrets(index) != index):
        index = None
    return replace(
        package,
        index=index,
        vcs=_vcs(package.vcs, directory) if package.vcs else None,
        archive=_file(package.archive, directory) if package.archive else None,
        sdist=_file(package.sdist, directory) if package.sdist else None,
        wheels=[_file(wheel, directory) for wheel in package.wheels] if package.wheels else None,
    )


def _file(file: _File, directory: Path) -> _File:
    if file.url is None:
        return file
    path = local_path(file.url)
    if path is None:
        return replace(file, url=without_secrets(file.url))
    return replace(file, url=None, path=_relative(path, directory))


def _vcs(vcs: PackageVcs, directory: Path) -> PackageVcs:
    if vcs.url is None:
        return vcs
    path = local_path(vcs.url)
    if path is None:
        return replace(vcs, url=without_secrets(vcs.url))
    return replace(vcs, url=None, path=_relative(path, directory))


def _relative(path: Path, directory: Path) -> str:
    return Path(os.path.relpath(path, directory)).as_posix()


# -- TOML ----------------------------------------------------------------------------------------


def _line(item: tuple[str, Any]) -> str:
    name, value = item
    if name in _LISTS_OF_TABLES and value and not isinstance(value, (str, Mapping)):
        inside = "".join(f"    {_value(entry)},\n" for entry in value)
        return f"{_key(name)} = [\n{inside}]"
    return f"{_key(name)} = {_value(value)}"


def _value(value: Any) -> str:
    """`value` in one line of TOML 1.0."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {_value(entry)}" for name, entry in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's escapes are TOML's; DEL is the one character that TOML wants escaped besides.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _value(name)
