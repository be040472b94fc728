"""Projects that several places have under one name: notices, after resolving, about the place each came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from pexlite.indexes.indexes import BEST_MATCH, FIRST_INDEX, strategy_of
from pexlite.model import IndexSettings
from pexlite.network.urls import local_path
from pexlite.sources.workshop import Workshop

_MOST_SHOWN = 4


def origin_notices(workshop: Workshop, request: IndexSettings, found: Pylock) -> Iterator[str]:
    """Notices about projects of `found` that several places have, and about the default strategy for these.

    `request` are the settings that were asked for, without pip's configuration.
    """
    resolver = workshop.resolver
    settings = resolver.heeded(workshop.settings, request)
    indexes = resolver.indexes(settings)
    yield from _beside_directories(found, settings)
    if len(indexes.general) < 2:
        asked = request.index_strategy
        if asked:
            yield f"--index-strategy {asked} changes nothing: no two indexes are asked"
        return
    # Imported here: urllib3 takes 60 ms, and most builds have a single index.
    from pexlite.indexes.shared_names import shared_names
    from pexlite.resolve.run_patched_pip import default_index

    if not all(index.url for index in indexes.general):
        indexes = indexes.spelt_out(default_index())
    if settings.index_strategy is None and strategy_of(settings) == BEST_MATCH:
        yield (
            f"{len(indexes.general)} indexes are asked, and the best version of all is taken, as pip does; "
            f"--index-strategy {FIRST_INDEX} takes each project from the first that has it: extra ones "
            f"come before --index-url, so that {indexes.general[0]} would be the first"
        )
    looked = shared_names(found, indexes, settings)
    yield from map(str, looked.shared[:_MOST_SHOWN])
    names = ", ".join(shared.package.name for shared in looked.shared[_MOST_SHOWN:])
    if names:
        yield f"several indexes also have {names}"
    yield from (f"{index} does not say which projects it has" for index in looked.silent)


def _beside_directories(found: Pylock, settings: IndexSettings) -> Iterator[str]:
    """Notices about projects that came from an index although a `--find-links` directory has the name too."""
    directories = [path for link in settings.find_links if (path := local_path(link)) and path.is_dir()]
    if settings.no_index or not directories:
        return
    having = {directory: _projects_in(directory) for directory in directories}
    for package in found.packages:
        names = _files_of_an_index(package)
        others = [str(place) for place, files in having.items() if files.get(package.name, names) - names]
        if names and others and not any(names & files.get(package.name, set()) for files in having.values()):
            name = package.name
            yield f"{name} {package.version} came from an index, and {others[0]} has another {name}"


def _files_of_an_index(package: Package) -> set[str]:
    files: list[PackageWheel | PackageSdist] = [*(package.wheels or ())]
    files += [package.sdist] if package.sdist else []
    return {file.filename for file in files if file.url is not None and local_path(file.url) is None}


def _projects_in(directory: Path) -> dict[str, set[str]]:
    """The names of the distributions in `directory`, by project."""
    found: dict[str, set[str]] = {}
    for path in directory.iterdir():
        try:
            wheel = path.name.endswith(".whl")
            name = parse_wheel_filename(path.name)[0] if wheel else parse_sdist_filename(path.name)[0]
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
        found.setdefault(name, set()).add(path.name)
    return found
