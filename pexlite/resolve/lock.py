"""Requirements -> Lock, for all targets at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
from packaging.utils import canonicalize_name
from packaging.version import Version

from pexlite.errors import PexliteError, ResolutionError, WheelMissing
from pexlite.indexes.formats import WHEEL, only_format
from pexlite.indexes.settings import configured_constraints
from pexlite.model import Amendments, IndexSettings, Progress, Report, Root, Target
from pexlite.network.urls import local_path
from pexlite.pylock.earlier import versions_on
from pexlite.pylock.merge import marker_key, merge
from pexlite.requirements.constraints import lines_behind
from pexlite.resolve.job import Job, is_local
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.run import end_running

_AT_ONCE = 4


@dataclass(frozen=True)
class Resolution:
    """The input of one lock: roots, constraints, targets and settings."""

    roots: Sequence[Root]
    constraint_files: Sequence[str]
    """Paths and URLs."""
    targets: Sequence[Target]
    settings: IndexSettings
    """The settings that the resolver follows."""
    amendments: Amendments = field(default_factory=Amendments)
    """Changes to the requirements of wheels."""
    universal: bool = False
    """Whether the lock must hold on every platform and every Python from the single target's on."""
    preferred: Pylock | None = None
    """The versions to take wherever they fit: those of an earlier lock."""
    constraint_lines: Sequence[str] = ()
    """Constraints beside those of files."""
    with_dependencies: bool = False
    """Whether the lock is to record what each package depends on."""
    with_what_they_need: bool = True
    """Whether what the roots need is resolved too; else they are the whole lock."""


def resolve(resolution: Resolution, resolver: Resolver, report: Report) -> Pylock:
    """One lock of everything that the roots need on each of the targets, for `Pylock.select`.

    Without roots the lock is empty, and no resolver runs. Raises ResolutionError.
    """
    roots, settings, targets = resolution.roots, resolution.settings, resolution.targets
    if not roots:
        return Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=[])
    if settings.require_hashes:
        _check_roots(roots)
    report(Progress("resolve", f"resolving {len(roots)} requirement{'s' if len(roots) > 1 else ''}"))
    # Where a lock is followed, pip's constraints are not: the lock says every version.
    configured = configured_constraints() if resolution.with_what_they_need else ()
    constraints = (*configured, *resolution.constraint_files)
    remote = [location for location in constraints if local_path(location) is None]
    first = Job(
        roots=tuple(roots),
        constraints=tuple(location for location in constraints if location not in remote),
        pins=(),
        target=targets[0],
        settings=settings,
        amendments=resolution.amendments,
        universal=resolution.universal,
        constraint_lines=(
            *resolution.constraint_lines,
            *(line for url in remote for line in lines_behind(url, settings)),
        ),
        with_dependencies=resolution.with_dependencies,
        with_what_they_need=resolution.with_what_they_need,
    )
    jobs = [_for_target(first, target, resolution.preferred) for target in targets]
    leaders: dict[tuple[str, ...], Job] = {}
    for job in jobs:
        leaders.setdefault(marker_key(job.target), job)
    tried = partial(_tried, resolver)
    with _workers() as pool:
        led = dict(zip(leaders, _all_resolved(pool.map(tried, leaders.values())), strict=True))
        # No marker distinguishes these targets from the first one (as glibc from musl), so all get its versions.
        followers = [
            replace(job, pins=_pins(led[marker_key(job.target)])) for job in jobs if job not in leaders.values()
        ]
        followed = _all_resolved(pool.map(tried, followers))
    found = [*zip((job.target for job in leaders.values()), led.values(), strict=True)]
    found += zip((job.target for job in followers), followed, strict=True)
    return merge([(target, check_hashes(one, roots, settings.require_hashes)) for target, one in found])


def _for_target(job: Job, target: Target, preferred: Pylock | None) -> Job:
    """`job` for `target`, with the versions of `preferred` that are meant for it."""
    if preferred is not None and not job.universal:
        preferred = versions_on(preferred, target)
    return replace(job, target=target, preferred=preferred)


@contextlib.contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Threads for resolving. If waiting for them is interrupted (Ctrl-C, a signal), their uv or pip is ended."""
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


def _tried(resolver: Resolver, job: Job) -> Pylock | PexliteError:
    try:
        return _resolve(resolver, job)
    except PexliteError as problem:
        return problem


def _resolve(resolver: Resolver, job: Job) -> Pylock:
    """The lock for `job` by `resolver`, with source distributions where there are no wheels.

    For a target without an interpreter here only wheels are tried first: source distributions would be built by
    another Python, and only pure ones come out right.
    """
    try:
        return resolver.resolve(job)
    except WheelMissing as problem:
        if problem.source_of is None or not _may_be_built(resolver, problem.source_of, job):
            raise
        try:
            return _resolve(resolver, replace(job, from_source=(*job.from_source, problem.source_of)))
        except WheelMissing:
            raise
        except ResolutionError as second:
            causes = [*problem.causes, f"nor can it be built here: {second.message}", *second.causes[-2:]]
            raise WheelMissing(problem.message, causes=causes, hint=problem.hint) from second


def _may_be_built(resolver: Resolver, project: str, job: Job) -> bool:
    """Whether the source distribution of `project` has not been tried yet and no setting forbids it."""
    formats = only_format(project, job.settings.only_binary, job.settings.no_binary)
    return project not in job.from_source and formats != WHEEL and resolver.builds_from(job.settings)


def _pins(found: Pylock) -> tuple[str, ...]:
    return tuple(f"{package.name}=={package.version}" for package in found.packages if not package.is_direct)


def _check_roots(roots: Sequence[Root]) -> None:
    """Raise ResolutionError for roots without a hash, before anything of them is read."""
    unhashed = [root for root in roots if not root.hashes and not is_local(root)]
    if unhashed:
        raise ResolutionError(
            "hashes are required (--require-hashes or PIP_REQUIRE_HASHES), and some requirements have none",
            causes=[f"{root.requirement.name} of {root.origin} has none" for root in unhashed],
            hint="list them with --hash in a requirements file, or build from a lock: pexlite lock .",
        )


def check_hashes(found: Pylock, roots: Sequence[Root], required: bool = False) -> Pylock:
    """`found` with only the files whose hashes `roots` give, if any are given or hashes are `required`.

    As in pip, if one requirement has a hash, everything except local wheels must have one. Raises ResolutionError.
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
