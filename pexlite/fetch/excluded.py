"""The requirements of a lock's excluded projects, found without downloading them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.pylock import PackageWheel, Pylock
from packaging.requirements import Requirement

from pexlite.errors import PexliteError
from pexlite.model import IndexSettings, LockParts, Target
from pexlite.pylock.artifact import Remote, remote_file
from pexlite.pylock.select import Choice, select
from pexlite.sources.sdist import UNREADABLE
from pexlite.sources.workshop import Workshop
from pexlite.wheels.metadata import UnreadableError, parse_requirement, read_metadata

_LARGEST = 5_000_000  # bytes; METADATA with a long description has a few hundred thousand


def needs_of(
    excluded: Pylock, workshop: Workshop, directory: Path, parts: LockParts
) -> tuple[tuple[Requirement, ...], tuple[str, ...]]:
    """The requirements of the packages in `excluded`, and the names of packages whose requirements are unknown.

    They come from the lock, the store, a wheel on this machine, or the index where it serves METADATA beside a
    wheel (PEP 658). METADATA has no hash in the lock, but it only decides what may stay out, never what goes in.
    """
    needs: list[Requirement] = []
    unknown: list[str] = []
    for choice in _choices(excluded, workshop.targets, parts):
        found = _needs(choice, workshop, directory)
        if found is None:
            unknown.append(choice.package.name)
        else:
            needs += found
    return tuple(needs), tuple(dict.fromkeys(unknown))


def _choices(excluded: Pylock, targets: Sequence[Target], parts: LockParts) -> Iterator[Choice]:
    """The choices for each target; none for a target without a wheel, a frequent reason to exclude a project."""
    for target in targets:
        try:
            yield from select(excluded, [target], parts)
        except PexliteError:
            continue


def _needs(choice: Choice, workshop: Workshop, directory: Path) -> list[Requirement] | None:
    if choice.package.dependencies is not None:
        return [Requirement(str(entry["name"])) for entry in choice.package.dependencies if "name" in entry]
    if not isinstance(choice.source, PackageWheel):
        return None
    remote = remote_file(choice.package, choice.source, directory)
    known = workshop.store.find(remote.sha256, remote.filename) if remote.sha256 else None
    if known is not None:
        return list(known.requires_dist)
    text = _inside(remote.path) if remote.path else _beside(remote, workshop.settings)
    try:
        return None if text is None else [*map(parse_requirement, read_metadata(text).requires_dist)]
    except UnreadableError:
        return None


def _inside(wheel: Path) -> str | None:
    import zipp  # few builds exclude anything

    try:
        with zipfile.ZipFile(wheel) as archive:
            found = next(zipp.Path(archive).glob("*.dist-info/METADATA"), None)
            return None if found is None else str(found.read_text("utf-8", "replace"))
    except UNREADABLE:
        return None


def _beside(remote: Remote, settings: IndexSettings) -> str | None:
    # Imported here: urllib3 takes 60 ms, and few builds exclude anything.
    from pexlite.network.http import Connections, Limit

    address, hash_sign, rest = remote.url.partition("#")
    try:
        page = Connections(replace(settings, retries=0)).read(
            f"{address}.metadata{hash_sign}{rest}", Limit(_LARGEST)
        )
    except PexliteError:
        return None
    return page.content.decode("utf-8", "replace")
