"""Small wheels of metadata in place of large local wheels: resolvers unpack and hash every file they get."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from packaging.pylock import Package, PackageArchive, Pylock
from packaging.requirements import Requirement

from pexlite.model import Root
from pexlite.network.urls import local_path
from pexlite.resolve.job import Job

_LARGE = 8_000_000  # bytes; for smaller wheels the time saved is too short to notice


def with_metadata_wheels(job: Job, directory: Path) -> tuple[Job, dict[str, Root]]:
    """`job` with metadata wheels for large local wheels of known sha256; and the replaced roots, by the new URL.

    A metadata wheel has only the real wheel's name and METADATA. All are written to `directory`.
    """
    real: dict[str, Root] = {}
    roots = []
    for number, root in enumerate(job.roots):
        path = local_path(root.requirement.url) if root.requirement.url and root.sha256 else None
        if path is None or root.hashes or path.stat().st_size < _LARGE:
            roots.append(root)
            continue
        metadata_wheel = directory / f"stand-in-{number}" / path.name
        metadata_wheel.parent.mkdir()
        _write(path, metadata_wheel)
        requirement = Requirement(str(root.requirement))
        requirement.url = metadata_wheel.resolve().as_uri()
        roots.append(replace(root, requirement=requirement))
        real[requirement.url] = root
    return (replace(job, roots=tuple(roots)) if real else job), real


def with_real_wheels(lock: Pylock, real: Mapping[str, Root]) -> Pylock:
    """`lock` with the real wheels in place of metadata wheels."""
    return replace(lock, packages=[_itself(package, real) for package in lock.packages]) if real else lock


def _itself(package: Package, real: Mapping[str, Root]) -> Package:
    root = real.get(package.archive.url or "") if package.archive else None
    if root is None:
        return package
    assert root.sha256
    archive = PackageArchive(url=root.requirement.url, hashes={"sha256": root.sha256})
    return replace(package, archive=archive)


def _write(wheel: Path, metadata_wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive, zipfile.ZipFile(metadata_wheel, "w") as written:
        kept = [name for name in archive.namelist() if name.endswith((".dist-info/METADATA", ".dist-info/WHEEL"))]
        for name in kept:
            written.writestr(name, archive.read(name))
        record = kept[0].rpartition("/")[0] + "/RECORD"
        written.writestr(record, "".join(f"{name},,\n" for name in [*kept, record]))
