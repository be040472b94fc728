"""A lock that is there already, to be written in another format without resolving anything."""

from __future__ import annotations

from packaging.pylock import Pylock

from pexlite.errors import UsageError
from pexlite.model import BuildRequest, IndexSettings, LockTerms, Specification


def given_lock(request: BuildRequest, specification: Specification, terms: LockTerms) -> Pylock:
    """The lock that `request` names, to be written as a requirements file.

    Raises UsageError where the request asks for more than that.
    """
    lock, file = specification.lock, specification.lock_file
    assert lock is not None
    assert file is not None
    if not terms.as_requirements(request.output):
        lock_name = file.name
        raise UsageError(
            "what is asked for is a lock already",
            hint=f"name requirements or a project instead, or write it for pip: pexlite lock {lock_name} "
            "-o locked.txt",
        )
    idle = [word for word, value in _without_use(request, specification, terms).items() if value]
    if idle:
        raise UsageError(
            f"{file.name} is written as it is, without resolving: {', '.join(idle)} cannot be followed",
            hint="leave it out, or lock anew: pexlite lock REQUIREMENT… -o locked.txt",
        )
    return lock


def _without_use(request: BuildRequest, specification: Specification, terms: LockTerms) -> dict[str, object]:
    return {
        "what is named beside it": specification.takes_part_of_lock or specification.local,
        "--upgrade": terms.upgrade,
        "--upgrade-package": terms.upgraded,
        "--constraint": request.constraint_files,
        "--exclude": request.excluded,
        "--override": request.overrides,
        "--python": request.pythons,
        "--platform": request.platforms,
        "--target": request.target_files,
        "--for": request.hosts,
        "an option about indexes": request.index != IndexSettings(),
        "--resolver": request.resolver != "auto",
    }
