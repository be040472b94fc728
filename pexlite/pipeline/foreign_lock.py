"""The lock of poetry, pdm or pipenv beside a project, as one that a build can follow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from pexlite.bundle.closure import follow
from pexlite.errors import ResolutionError
from pexlite.model import LockParts
from pexlite.pipeline.prepare import Prepared
from pexlite.pipeline.project_sources import with_sources
from pexlite.resolve.foreign.exported import exported
from pexlite.resolve.foreign.kinds import KINDS
from pexlite.resolve.foreign.located import Search, located
from pexlite.resolve.project_lock import ProjectLock


def foreign_lock(prepared: Prepared, file: Path, groups: Sequence[str]) -> ProjectLock:
    """The part of the lock `file` that the request needs, its files found on the indexes of the project.

    Raises ResolutionError for a lock that is out of date, or cannot be followed.
    """
    kind = KINDS[file.name]
    lock = kind.read(file, groups)
    if lock.outdated:
        raise ResolutionError(
            f"{file.name} is not of this state of the project",
            causes=["what it depends on was changed after it was locked"],
            hint=f"lock again: {kind.made_by}",
        )
    settings = with_sources(prepared).prepared.workshop.settings
    own = [entry.wheel for entry in prepared.local]
    amendments = prepared.specification.amendments
    needs = []
    for target in prepared.targets:
        _, lacks = follow(prepared.roots, own, target, amendments)
        needs.append((target, [lack.requirement for lack in lacks]))
    search = Search(prepared.workshop.resolver, settings, prepared.workshop.report, cache(partial(exported, file)))
    return ProjectLock(located(lock, file, needs, search), LockParts())
