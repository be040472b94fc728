"""Small wheels of metadata in place of local wheels that are large, or require others by their paths.

Resolvers unpack and hash every file they get, and accept one URL for each project.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.pylock import Package, PackageArchive, Pylock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pexlite.model import Root
from pexlite.network.urls import local_path
from pexlite.resolve.job import Job
from pexlite.wheels.path_requirements import with_other_urls

_LARGE = 8_000_000  # bytes; for smaller wheels the time saved is too short to notice


def with_metadata_wheels(job: Job, directory: Path) -> tuple[Job, dict[str, Root]]:
    """`job` with metadata wheels for some local wheels of known sha256; and the replaced roots, by the new URL.

    Large wheels are replaced, and those that require local code by its path: another root is its wheel, and for
    resolvers two URLs of one project contradict each other. A metadata wheel has only the real wheel's name and
    METADATA, without these paths. All are written to `directory`.
    """
    local = frozenset(canonicalize_name(root.requirement.name) for root in job.roots if root.sha256)

    def without_path(name: str, url: str) -> str:
        return "" if canonicalize_name(name) in local else url

    real: dict[str, Root] = {}
    roots = []
    for number, root in enumerate(job.roots):
        path = local_path(root.requirement.url) if root.requirement.url and root.sha256 else None
        if path is None or root.hashes:
            roots.append(root)
            continue
        (member, text), *texts = _texts(path)
        metadata = with_other_urls(text, without_path)
        if path.stat().st_size < _LARGE and metadata == text:
            roots.append(root)
            continue
        metadata_wheel = directory / f"stand-in-{number}" / path.name
        metadata_wheel.parent.mkdir()
        _write(metadata_wheel, [(member, metadata), *texts])
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


def _texts(wheel: Path) -> list[tuple[str, bytes]]:
    """The names and texts of METADATA and WHEEL in `wheel`, in this order."""
    with zipfile.ZipFile(wheel) as archive:
        endings = (".dist-info/METADATA", ".dist-info/WHEEL")
        names = [name for ending in endings for name in archive.namelist() if name.endswith(ending)]
        return [(name, archive.read(name)) for name in names]


def _write(metadata_wheel: Path, texts: Sequence[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(metadata_wheel, "w") as written:
        for name, text in texts:
            written.writestr(name, text)
        record = texts[0][0].rpartition("/")[0] + "/RECORD"
        written.writestr(record, "".join(f"{name},,\n" for name in (*dict(texts), record)))
