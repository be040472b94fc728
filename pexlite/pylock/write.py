"""A lock as a file that other machines can use: its text, without paths and secrets of this machine (PEP 751)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
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

_Source = TypeVar("_Source", PackageVcs, PackageWheel, PackageSdist, PackageArchive)


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
    table = dict(lock.to_dict())
    packages, tools = table.pop("packages"), table.pop("tool", {})
    text = tomli_w.dumps(table if packages else {**table, "packages": []})
    for package in packages:
        text += "\n[[packages]]\n" + "".join(_field(name, value) for name, value in package.items())
    return text + ("\n" + tomli_w.dumps({"tool": tools}) if tools else "")


def write_lock(text: str, output: Path, kind: Kind = Kind.LOCK, *, force: bool = False) -> None:
    """Write `text` to `output`, all of it or, where that fails with WriteError, nothing.

    With `force` also in the place of a file that is not of this `kind`.
    """
    with Output(output, kind, force).replaced() as file:
        file.write(text.encode())


# -- nothing of this machine ---------------------------------------------------------------------


def _own(package: Package, source: LocalSource, directory: Path) -> Package | None:
    """The lock's entry for local code; None for code that only pexlite could install."""
    path = _relative(source.path, directory)
    bare = Package(name=package.name, marker=package.marker, dependencies=package.dependencies)
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
        vcs=_source(package.vcs, directory) if package.vcs else None,
        archive=_source(package.archive, directory) if package.archive else None,
        sdist=_source(package.sdist, directory) if package.sdist else None,
        wheels=[_source(wheel, directory) for wheel in package.wheels] if package.wheels else None,
    )


def _source(source: _Source, directory: Path) -> _Source:
    if source.url is None:
        return source
    path = local_path(source.url)
    if path is None:
        return replace(source, url=without_secrets(source.url))
    return replace(source, url=None, path=_relative(path, directory))


def _relative(path: Path, directory: Path) -> str:
    return Path(os.path.relpath(path, directory)).as_posix()


# -- TOML ----------------------------------------------------------------------------------------


def _field(name: str, value: Any) -> str:
    """A field of a package, each table of it on one line, as in the examples of PEP 751.

    wheels = [
        { url = "https://files.example/click-8.2.1-py3-none-any.whl", hashes = { sha256 = "61a3…" } },
    ]
    """
    if isinstance(value, Mapping):
        return f"{name} = {_in_line(value)}\n"
    if isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value):
        lines = "".join(f"    {_in_line(entry)},\n" for entry in value)
        return f"{name} = [\n{lines}]\n"
    return tomli_w.dumps({name: value})


def _in_line(table: Mapping[str, Any]) -> str:
    # tomli-w gives a long table lines of its own, but not in a list of lists. No string of it has a line break.
    lines = tomli_w.dumps({"": [[table]]}, indent=0).split("\n")
    return " ".join(lines[2:-3]).removesuffix(",")
