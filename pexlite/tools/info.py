"""A description of a built file: its entry point, where it runs, and its content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

from pexlite.archive.reader import read_manifest
from pexlite.bundle.runs_on import runs_on
from pexlite.model import Manifest, StoredPython, Variant


@dataclass(frozen=True)
class WheelInfo:
    """A wheel in a built file."""

    name: str
    version: str
    filename: str
    size: int
    sha256: str
    only_on: str | None
    """The Pythons and platforms that get this wheel, in words; None if all of the file's do."""


@dataclass(frozen=True)
class FileInfo:
    """A built file, by its own description and on disk."""

    path: Path
    size: int
    sha256: str
    build_id: str
    entry_point: str | None
    """`module:function`, `module` or a script's name; None for an interpreter."""
    runs_on: str
    requirements: tuple[str, ...]
    build_properties: Mapping[str, Any]
    """JSON values by name: the facts that the builder gave, and the version of pexlite that made the file."""
    wheels: tuple[WheelInfo, ...]
    variants: tuple[Variant, ...]
    own_pythons: tuple[StoredPython, ...]
    """The Pythons that the file carries; () where it needs one of the host."""
    lazy_imports: tuple[str, ...] | None
    """The modules that import at once where all others import lazily; None where all do."""
    runtime_size: int
    """Bytes that are pexlite's own: the whole file without its Pythons, its wheels and their bytecode."""
    bytecode_size: int
    """Bytes of the bytecode that `--compile` added for the wheels' modules."""


def file_info(path: Path) -> FileInfo:
    """The description of the file at `path`. Raises NotABundle for a damaged file, or one not made by pexlite."""
    manifest = read_manifest(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    bytecode_size = sum(wheel.bytecode_size for wheel in manifest.wheels)
    return FileInfo(
        path=path,
        size=size,
        sha256=digest,
        build_id=manifest.build_id,
        entry_point=str(manifest.entry_point) or None,
        runs_on=manifest.runs_on,
        requirements=manifest.requirements,
        build_properties=manifest.build_properties,
        wheels=tuple(_wheels(manifest)),
        variants=manifest.variants,
        own_pythons=manifest.own_pythons,
        lazy_imports=_lazy_imports(manifest),
        runtime_size=size - bytecode_size - _size_of_parts(manifest),
        bytecode_size=bytecode_size,
    )


def _lazy_imports(manifest: Manifest) -> tuple[str, ...] | None:
    named = manifest.facts["pexlite"].get("lazy_imports")
    return None if named is None else tuple(named)


def _size_of_parts(manifest: Manifest) -> int:
    return sum(own.size for own in manifest.own_pythons) + sum(wheel.size for wheel in manifest.wheels)


def _wheels(manifest: Manifest) -> list[WheelInfo]:
    served_by: list[list[Variant]] = [[] for _ in manifest.wheels]
    for variant in manifest.variants:
        for position in variant.wheels:
            served_by[position].append(variant)
    wheels = []
    for wheel, served in zip(manifest.wheels, served_by, strict=True):
        name, version, _, _ = parse_wheel_filename(wheel.filename)
        only_on = None if len(served) == len(manifest.variants) else runs_on(served)
        wheels.append(WheelInfo(name, str(version), wheel.filename, wheel.size, wheel.sha256, only_on))
    return sorted(wheels, key=lambda wheel: (wheel.name, wheel.version, wheel.filename))
