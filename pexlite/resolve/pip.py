"""A lock by pip: `pip install --dry-run --report`, whose report has a specification of its own."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.pylock import Package as LockedPackage
from packaging.pylock import PackageArchive, PackageSdist, PackageVcs, PackageWheel, Pylock
from packaging.utils import canonicalize_name
from packaging.version import Version

from pexlite.errors import IndexConfigurationError, ResolutionError
from pexlite.indexes.indexes import FIRST_INDEX, FIRST_MATCH, indexes_of, takes_first_index
from pexlite.model import Amendments, IndexSettings
from pexlite.model.installer import Installer
from pexlite.network.urls import parts_of
from pexlite.resolve.build_wheel import check_ranks
from pexlite.resolve.explain.failures import explain
from pexlite.resolve.installers import Outcome, attempt, pip
from pexlite.resolve.job import Job, runs_pip, write_inputs
from pexlite.resolve.metadata_wheels import with_stand_ins, without_stand_ins
from pexlite.resolve.run_patched_pip import Ranked, guided

_NOTHING_FOUND = "No matching distribution found for"


def resolve_with_pip(job: Job) -> Pylock:
    """The lock that pip resolves for `job`. Raises ResolutionError.

    A Python that pip itself runs on is asked directly, so source distributions work there; for every other
    target pip is told its tags and given its markers, and takes wheels only.
    """
    program = job.installer if job.installer.name == "pip" else pip()
    with tempfile.TemporaryDirectory(prefix="pexlite-resolve-") as scratch:
        directory = Path(scratch)
        report = directory / "report.json"
        arguments = ["install", "--dry-run", "--ignore-installed", "--progress-bar", "off"]
        arguments += ["--report", str(report)]
        given, real = with_stand_ins(job, directory)
        requirements, constraints = write_inputs(given, directory)
        arguments += ["-r", str(requirements), *constraints]
        arguments += ["--require-hashes"] if job.hashed else []
        ranked, settings = ranked_for_pip(job.settings), job.settings
        _check_direct(job)
        if not runs_pip(job.target):
            environment, amendments = job.target.environment, job.amendments
            program = guided(
                directory,
                Path(sys.executable),
                environment=environment,
                amendments=amendments,
                prefer_pure=settings.prefer_pure,
                ranked=ranked,
            )
            arguments += _tag_arguments(job, directory)
            settings = replace(settings, only_binary=(":all:",), no_binary=())
        elif job.amendments != Amendments() or ranked or settings.prefer_pure:
            assert job.target.interpreter
            program = guided(
                directory,
                job.target.interpreter,
                amendments=job.amendments,
                prefer_pure=settings.prefer_pure,
                ranked=ranked,
            )
            if ranked and ranked.first:
                # What a source distribution needs to be built, pip would take from any index.
                settings = replace(settings, only_binary=(":all:",), no_binary=())
        elif job.target.interpreter != Path(sys.executable):
            arguments = ["--python", str(job.target.interpreter), *arguments]
        outcome = _run(program, arguments, settings, directory)
        if outcome.code:
            raise explain(replace(job, installer=pip()), outcome)
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
    packages = sorted(map(_package, items), key=lambda package: package.name)
    lock = Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=packages)
    lock.validate()
    return without_stand_ins(lock, real)


def _check_direct(job: Job) -> None:
    """Raise ProjectBuildError for a source at a URL whose build requirements pip would take from any index."""
    for root in job.roots:
        url = root.requirement.url
        if url and not parts_of(url).path.endswith(".whl"):
            check_ranks(pip(), root.requirement.name, job.settings)


def ranked_for_pip(settings: IndexSettings) -> Ranked | None:
    """The ranks and pins that pip is guided by, None where it needs none.

    Raises IndexConfigurationError for what pip cannot be guided to.
    """
    indexes = indexes_of(pip(), settings)
    if len(indexes.general) > 1 and settings.index_strategy == FIRST_MATCH:
        raise IndexConfigurationError(
            f"pip cannot take the first index with a version that fits ({FIRST_MATCH})",
            hint=f"let uv resolve (--resolver uv), or take the first index that has a project: {FIRST_INDEX}",
        )
    first = takes_first_index(pip(), settings)
    if not indexes.pinned and not first:
        return None
    pinned = {name: index.address for name, index in indexes.pinned.items()}
    return Ranked(tuple(index.address for index in indexes.general), first, pinned)


def _run(program: Installer, arguments: Sequence[str], settings: IndexSettings, directory: Path) -> Outcome:
    """Run pip and return how it ended; where it found nothing, its log is added to stdout.

    pip tells only its log, among every file that it passes over, that an index refused access or could not be
    reached. Writing it takes a third of a run's time, so pip is run again for it where it found nothing.
    """
    # What pip leaves behind where it is ended goes with the directory.
    own = {"TMPDIR": str(directory)}
    outcome = attempt(program, arguments, settings, cwd=directory, extra_environment=own)
    if not outcome.code or _NOTHING_FOUND not in outcome.stderr:
        return outcome
    log = directory / "pip.log"
    words = [*arguments, "--log", str(log)]
    outcome = attempt(program, words, replace(settings, retries=0), cwd=directory, extra_environment=own)
    logged = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return replace(outcome, stdout=outcome.stdout + logged)


def _tag_arguments(job: Job, directory: Path) -> list[str]:
    """Options that tell pip the target's tags; pip adds `abi3`, `none` and `any` itself."""
    target = job.target
    first = target.tags[0]
    arguments = ["--only-binary", ":all:", "--target", str(directory / "nowhere")]
    for project in job.from_source:
        arguments.append(f"--no-binary={project}")
    arguments += ["--implementation", first.interpreter[:2], "--abi", first.abi]
    arguments += ["--python-version", target.environment["python_full_version"]]
    for platform in dict.fromkeys(tag.platform for tag in target.tags if tag.platform != "any"):
        arguments += ["--platform", platform]
    return arguments


# -- the report ----------------------------------------------------------------------------------


def _package(item: Mapping[str, Any]) -> LockedPackage:
    """One package of the lock, read from one entry of the report's `install`.

    {"download_info": {"url": "https://…/click-8.5.1-py3-none-any.whl",
                       "archive_info": {"hashes": {"sha256": "…"}}}, "is_direct": false, "metadata": {…}}
    """
    name = canonicalize_name(item["metadata"]["name"])
    version = Version(item["metadata"]["version"])
    info = item["download_info"]
    url = info["url"]
    if "vcs_info" in info:
        return LockedPackage(name=name, version=version, vcs=_vcs(info))
    hashes = info.get("archive_info", {}).get("hashes", {})
    if not hashes:
        raise ResolutionError(
            f"pip found {name} {version} without a hash",
            causes=[f"at {url}"],
            hint="use an index that serves hashes, or --resolver uv",
        )
    if item["is_direct"]:
        archive = PackageArchive(url=url, hashes=hashes, subdirectory=info.get("subdirectory"))
        return LockedPackage(name=name, version=version, archive=archive)
    filename = unquote(parts_of(url).path).rpartition("/")[2]
    if filename.endswith(".whl"):
        wheel = PackageWheel(name=filename, url=url, hashes=hashes)
        return LockedPackage(name=name, version=version, wheels=[wheel])
    return LockedPackage(name=name, version=version, sdist=PackageSdist(name=filename, url=url, hashes=hashes))


def _vcs(info: Mapping[str, Any]) -> PackageVcs:
    vcs = info["vcs_info"]
    return PackageVcs(
        type=vcs["vcs"],
        url=info["url"],
        requested_revision=vcs.get("requested_revision"),
        commit_id=vcs["commit_id"],
        subdirectory=info.get("subdirectory"),
    )
