"""Requirements -> Lock, for all targets at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
from packaging.utils import canonicalize_name
from packaging.version import Version

from pexlite.errors import PexliteError, ResolutionError, WheelMissing
from pexlite.indexes.formats import WHEEL, only_format
from pexlite.indexes.settings import configured_constraints
from pexlite.model import Amendments, IndexSettings, Progress, Report, Root, Target
from pexlite.model.installer import Installer
from pexlite.network.urls import local_path
from pexlite.pylock.merge import marker_key, merge
from pexlite.requirements.constraints import lines_behind
from pexlite.resolve.installers import end_running
from pexlite.resolve.job import Job, is_local, wheels_only_by_rank

_AT_ONCE = 4


def resolve(
    roots: Sequence[Root],
    constraint_files: Sequence[str],
    targets: Sequence[Target],
    *,
    asked_index: IndexSettings,
    settings: IndexSettings,
    installer: Installer,
    report: Report,
    amendments: Amendments | None = None,
    universal: bool = False,
) -> Pylock:
    """One lock of all that `roots` need on each of `targets`, for `Pylock.select` to choose from.

    `settings` are the effective ones, `asked_index` those of them that this build asked for. `universal`, which
    needs uv and one target, makes the lock hold on every platform and for every Python from the target's on.
    `amendments` change what wheels require. Raises ResolutionError. Without roots the lock is empty, and neither
    uv nor pip runs.
    """
    if not roots:
        return Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=[])
    if installer.name == "uv":
        settings = beneath_uv(settings, asked_index)
    if settings.require_hashes:
        _check_roots(roots)
    report(Progress("resolve", f"resolving {len(roots)} requirement{'s' if len(roots) > 1 else ''}"))
    constraints = (*configured_constraints(), *constraint_files)
    remote = [location for location in constraints if local_path(location) is None]
    first = Job(
        roots=tuple(roots),
        constraints=tuple(location for location in constraints if location not in remote),
        pins=(),
        target=targets[0],
        settings=settings,
        installer=installer,
        amendments=amendments or Amendments(),
        universal=universal,
        constraint_lines=tuple(line for url in remote for line in lines_behind(url)),
    )
    jobs = [replace(first, target=target) for target in targets]
    leaders: dict[tuple[str, ...], Job] = {}
    for job in jobs:
        leaders.setdefault(marker_key(job.target), job)
    with _workers() as pool:
        led = dict(zip(leaders, _all_resolved(pool.map(_tried, leaders.values())), strict=True))
        # Markers cannot tell these from their leader (glibc from musl, say), so they keep to its versions.
        followers = [
            replace(job, pins=_pins(led[marker_key(job.target)])) for job in jobs if job not in leaders.values()
        ]
        followed = _all_resolved(pool.map(_tried, followers))
    found = [*zip((job.target for job in leaders.values()), led.values(), strict=True)]
    found += zip((job.target for job in followers), followed, strict=True)
    return merge([(target, check_hashes(one, roots, settings.require_hashes)) for target, one in found])


def beneath_uv(settings: IndexSettings, asked: IndexSettings) -> IndexSettings:
    """`settings` without an index URL that only pip's configuration gives, where a variable of uv's names one."""
    configured_only = settings.index_url is not None and asked.index_url is None
    named = any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"))
    return replace(settings, index_url=None) if configured_only and named else settings


@contextlib.contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Threads to resolve in. If the wait for them is broken off (Ctrl-C, a signal), their uv or pip is ended."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_running()
            raise


def _all_resolved(results: Iterable[Pylock | PexliteError]) -> list[Pylock]:
    """`results` as locks. Raises the error among them, or one ResolutionError where targets lack wheels."""
    found = list(results)
    errors = {str(result): result for result in found if isinstance(result, PexliteError)}
    if not errors:
        return [result for result in found if isinstance(result, Pylock)]
    first = next(iter(errors.values()))
    if len(errors) == 1 or not all(isinstance(error, WheelMissing) for error in errors.values()):
        raise first
    lines = [line for error in errors.values() for line in (error.message, *_indented(error))]
    raise ResolutionError(f"wheels are missing for {len(errors)} targets", causes=lines)


def _indented(error: PexliteError) -> list[str]:
    return [f"  {line}" for line in (*error.causes, f"hint: {error.hint}")]


def _tried(job: Job) -> Pylock | PexliteError:
    try:
        return _resolve(job)
    except PexliteError as problem:
        return problem


def _resolve(job: Job) -> Pylock:
    """The lock for `job` by uv or pip, with source distributions where there is nothing else.

    For a target without an interpreter here, only wheels are tried first: another Python would build the source
    distributions, and only pure ones come out right.
    """
    try:
        return _resolve_as_asked(job)
    except WheelMissing as problem:
        if problem.source_of is None or not _may_be_built(problem.source_of, job):
            raise
        try:
            return _resolve(replace(job, from_source=(*job.from_source, problem.source_of)))
        except WheelMissing:
            raise
        except ResolutionError as second:
            causes = [*problem.causes, f"nor can it be built here: {second.message}", *second.causes[-2:]]
            raise WheelMissing(problem.message, causes=causes, hint=problem.hint) from second


def _may_be_built(project: str, job: Job) -> bool:
    """Whether the source distribution of `project` has not been tried yet, and no setting forbids it."""
    formats = only_format(project, job.settings.only_binary, job.settings.no_binary)
    return project not in job.from_source and formats != WHEEL and not wheels_only_by_rank(job)


def _resolve_as_asked(job: Job) -> Pylock:
    # Imported here, so that a build by uv does not pay for importing what only pip needs.
    if job.installer.name == "uv":
        from pexlite.resolve.uv import can_resolve, resolve_with_uv

        if job.universal or can_resolve(job.target):
            try:
                return resolve_with_uv(job)
            except ResolutionError:
                # uv compares no hash before it builds, so with hashes it takes wheels only; pip does both.
                if not job.hashed or job.universal:
                    raise
    from pexlite.resolve.pip import resolve_with_pip

    return resolve_with_pip(job)


def _pins(found: Pylock) -> tuple[str, ...]:
    return tuple(f"{package.name}=={package.version}" for package in found.packages if not package.is_direct)


def _check_roots(roots: Sequence[Root]) -> None:
    """Raise ResolutionError for roots without a hash, before anything of them is looked at."""
    unhashed = [root for root in roots if not root.hashes and not is_local(root)]
    if unhashed:
        raise ResolutionError(
            "hashes are required (--require-hashes or PIP_REQUIRE_HASHES), and some requirements have none",
            causes=[f"{root.requirement.name} of {root.origin} has none" for root in unhashed],
            hint="list them with --hash in a requirements file, or build from a lock: pexlite lock .",
        )


def check_hashes(found: Pylock, roots: Sequence[Root], required: bool = False) -> Pylock:
    """`found` with only the files whose hashes `roots` name, where they name any or hashes are `required`.

    As in pip: if one requirement has a hash, everything must have one; local wheels need none. Raises
    ResolutionError.
    """
    wanted: dict[str, set[str]] = {}
    for root in roots:
        wanted.setdefault(canonicalize_name(root.requirement.name), set()).update(root.hashes)
    if not required and not any(wanted.values()):
        return found
    local = {canonicalize_name(root.requirement.name) for root in roots if is_local(root)}
    unhashed = [
        f"{package.name}=={package.version}"
        for package in found.packages
        if package.name not in local and not wanted.get(package.name)
    ]
    if unhashed:
        raise ResolutionError(
            "some requirements have hashes, so all of them need one"
            if any(wanted.values())
            else "hashes are required (--require-hashes or PIP_REQUIRE_HASHES), and some requirements have none",
            causes=[f"{name} has none" for name in unhashed],
            hint="add --hash to these lines, with their dependencies, or take all hashes out",
        )
    packages = [
        package if package.name in local else _of_hashes(package, wanted[package.name])
        for package in found.packages
    ]
    return replace(found, packages=packages)


def _of_hashes(package: Package, wanted: set[str]) -> Package:
    """`package` with only the files that have one of the `wanted` hashes. Raises ResolutionError without any."""
    wheels = [wheel for wheel in package.wheels or () if _has(wheel, wanted)]
    sdist = package.sdist if package.sdist and _has(package.sdist, wanted) else None
    if (
        package.archive is not None
        and {f"{kind}:{hex_}" for kind, hex_ in package.archive.hashes.items()} & wanted
    ):
        return package
    if not wheels and sdist is None:
        raise ResolutionError(
            f"no file of {package.name} {package.version} has a hash that was asked for",
            causes=[f"asked for {digest}" for digest in sorted(wanted)],
            hint="make the requirements file anew, or find out why the index serves other files",
        )
    return replace(package, wheels=wheels or None, sdist=sdist)


def _has(file: PackageWheel | PackageSdist, wanted: set[str]) -> bool:
    return bool({f"{kind}:{digest}" for kind, digest in file.hashes.items()} & wanted)
