"""A lock by pip: `pip install --dry-run --report`, whose report is a specification of its own."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import Environment
from packaging.pylock import Package as LockedPackage
from packaging.pylock import PackageArchive, PackageSdist, PackageVcs, PackageWheel, Pylock
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from pexlite.errors import ResolutionError
from pexlite.installers import Installer, attempt, pip
from pexlite.model import Amendments, Target
from pexlite.resolve import guided_pip
from pexlite.resolve.failures import explain
from pexlite.resolve.job import Job, write_inputs


def resolve_with_pip(job: Job) -> Pylock:
    """What pip makes of `job`. Raises ResolutionError.

    A Python that pip itself runs on is asked directly, so source distributions work there; for every other
    target pip is told its tags and given its markers, and takes wheels only.
    """
    program = job.installer if job.installer.name == "pip" else pip()
    with tempfile.TemporaryDirectory(prefix="pexlite-resolve-") as scratch:
        directory = Path(scratch)
        report = directory / "report.json"
        log = directory / "pip.log"
        arguments = ["install", "--dry-run", "--ignore-installed", "--progress-bar", "off"]
        arguments += ["--report", str(report), "--log", str(log)]
        requirements, constraints = write_inputs(job, directory)
        arguments += ["-r", str(requirements), *constraints]
        settings = job.settings
        if not _runs_pip(job.target):
            program = _guided(job, directory, Path(sys.executable), job.target.environment)
            arguments += _tag_arguments(job.target, directory)
            settings = replace(settings, only_binary=(":all:",), no_binary=())
        elif job.amendments != Amendments():
            assert job.target.interpreter
            program = _guided(job, directory, job.target.interpreter, None)
        elif job.target.interpreter != Path(sys.executable):
            arguments = ["--python", str(job.target.interpreter), *arguments]
        outcome = attempt(program, arguments, settings, cwd=directory)
        if outcome.code:
            # That an index refused access or could not be reached, pip tells its log only.
            logged = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            raise explain(replace(job, installer=pip()), replace(outcome, stdout=outcome.stdout + logged))
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
    packages = sorted(map(_package, items), key=lambda package: package.name)
    lock = Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=packages)
    lock.validate()
    return lock


def _runs_pip(target: Target) -> bool:
    """Whether pip itself can run in the interpreter of `target`."""
    if target.interpreter is None:
        return False
    if target.interpreter == Path(sys.executable):
        return True
    bound = importlib.metadata.metadata("pip")["Requires-Python"]
    return SpecifierSet(bound or "").contains(target.environment["python_full_version"], prereleases=True)


def _guided(job: Job, directory: Path, interpreter: Path, environment: Environment | None) -> Installer:
    """pip, run by `interpreter`, with the markers of `environment` and the amendments of `job`."""
    place = importlib.util.find_spec("pip")
    assert place is not None
    assert place.origin is not None
    orders = {
        "pip": str(Path(place.origin).parent.parent),
        "environment": environment,
        "excluded": job.amendments.never_wanted(),
        "overrides": list(map(str, job.amendments.overrides)),
    }
    file = directory / "orders.json"
    file.write_text(json.dumps(orders), encoding="utf-8")
    return Installer("pip", (str(interpreter), str(Path(guided_pip.__file__)), str(file)))


def _tag_arguments(target: Target, directory: Path) -> list[str]:
    """The tags of `target` in pip's options; pip adds `abi3`, `none` and `any` itself."""
    first = target.tags[0]
    arguments = ["--only-binary", ":all:", "--target", str(directory / "nowhere")]
    arguments += ["--implementation", first.interpreter[:2], "--abi", first.abi]
    arguments += ["--python-version", target.environment["python_full_version"]]
    for platform in dict.fromkeys(tag.platform for tag in target.tags if tag.platform != "any"):
        arguments += ["--platform", platform]
    return arguments


# -- the report ----------------------------------------------------------------------------------


def _package(item: Mapping[str, Any]) -> LockedPackage:
    """One package of the lock, from one entry of the report's `install`.

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
    filename = unquote(urlsplit(url).path).rpartition("/")[2]
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
