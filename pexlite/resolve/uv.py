"""A lock by uv: `uv pip compile --format pylock.toml`."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

from packaging.pylock import Package as LockedPackage
from packaging.pylock import PackageArchive, Pylock, PylockValidationError

from pexlite.addresses import without_secrets
from pexlite.errors import ResolutionError
from pexlite.indexes.arguments import index_arguments
from pexlite.indexes.indexes import indexes_of
from pexlite.model import Target
from pexlite.requirements.lines import requirement_line, write_lines
from pexlite.resolve.explain.failures import explain
from pexlite.resolve.installers import attempt
from pexlite.resolve.job import Job, is_foreign, write_inputs
from pexlite.resolve.metadata_wheels import with_stand_ins, without_stand_ins

# The C libraries that uv has a name for: x86_64-manylinux_2_28.
_GLIBC_MINORS = (40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 28, 17)
_WINDOWS = {
    "win_amd64": "x86_64-pc-windows-msvc",
    "win_arm64": "aarch64-pc-windows-msvc",
    "win32": "i686-pc-windows-msvc",
}


def can_resolve(target: Target) -> bool:
    """Whether uv can resolve for `target`: it has names for the common platforms, and for CPython with the GIL."""
    if not is_foreign(target):
        return True
    return re.fullmatch(r"cp3\d+", target.python) is not None and _platform_name(target) is not None


def resolve_with_uv(job: Job) -> Pylock:
    """The lock that uv resolves for `job`. Raises ResolutionError.

    uv runs in a directory of its own, so it reads no pyproject.toml or uv.toml of the current directory; the
    user's own uv configuration and UV_* variables apply.
    """
    with tempfile.TemporaryDirectory(prefix="pexlite-resolve-") as scratch:
        directory = Path(scratch)
        given, real = with_stand_ins(job, directory)
        requirements, constraints = write_inputs(given, directory)
        arguments = ["pip", "compile", "--format", "pylock.toml", "--quiet", "--no-header", "--no-annotate"]
        arguments += [str(requirements), *constraints, *_pins(job, directory)]
        arguments += [*_target_arguments(job), *_format_arguments(job), *_amendments(job, directory)]
        outcome = attempt(
            job.installer,
            [*arguments, *index_arguments(job.installer, job.settings)],
            job.settings,
            cwd=directory,
            # Where it builds, uv leaves lock files in TMPDIR.
            extra_environment={"TMPDIR": scratch} | ({} if job.universal else _macos_version(job.target)),
        )
        if outcome.code:
            raise explain(job, outcome)
        return without_stand_ins(_parsed(outcome.stdout, directory, job.universal), real)


def _target_arguments(job: Job) -> list[str]:
    target = job.target
    if job.universal:
        oldest = target.environment["python_version"]
        return ["--universal", "--python", sys.executable, "--python-version", oldest]
    if target.interpreter is not None:
        return ["--python", str(target.interpreter)]
    version = target.environment["python_full_version"]
    platform = _platform_name(target)
    assert platform
    # Without --python uv would look for an interpreter by itself and might take a broken one.
    return ["--python", sys.executable, "--python-version", version, "--python-platform", platform]


def _platform_name(target: Target) -> str | None:
    """The nearest platform that uv has a name for and that promises no more than `target` has, or None."""
    machine = target.environment["platform_machine"]
    if target.platform.startswith("win"):
        return _WINDOWS.get(target.platform)
    if target.platform.startswith("macosx_"):
        return f"{'aarch64' if machine == 'arm64' else machine}-apple-darwin"
    if machine not in ("x86_64", "aarch64") or target.libc is None:
        return None
    if target.libc.name == "musl":
        return f"{machine}-unknown-linux-musl" if target.libc.version >= (1, 2) else None
    minor = next((minor for minor in _GLIBC_MINORS if minor <= target.libc.version[1]), None)
    return None if minor is None else f"{machine}-manylinux_2_{minor}"


def _macos_version(target: Target) -> dict[str, str]:
    """The environment variable that tells uv the oldest macOS to support; empty for other targets."""
    if not target.platform.startswith("macosx_") or not is_foreign(target):
        return {}
    newest = re.match(r"macosx_(\d+)_(\d+)_", target.tags[0].platform)
    return {"MACOSX_DEPLOYMENT_TARGET": f"{newest[1]}.{newest[2]}"} if newest else {}


def _format_arguments(job: Job) -> list[str]:
    """Options on wheels and sources: as the settings say, or wheels only where nothing can be built."""
    if (is_foreign(job.target) or job.hashed) and not job.universal:
        # uv lets a project that is named go before :all:.
        exceptions = [f"--no-binary={project}" for project in job.from_source]
        return ["--only-binary", ":all:", *exceptions]
    arguments = []
    for name in job.settings.only_binary:
        arguments.append(f"--only-binary={name}")
    for name in job.settings.no_binary:
        arguments.append(f"--no-binary={name}")
    return arguments


def _amendments(job: Job, directory: Path) -> list[str]:
    """Options that name a file of overrides in `directory`; a marker that is never true excludes a project."""
    nowhere = [f"{name} ; python_version < '0'" for name in job.amendments.never_wanted()]
    lines = [*map(str, job.amendments.overrides), *nowhere]
    if not lines:
        return []
    return ["--overrides", str(write_lines(directory / "overrides.txt", map(requirement_line, lines)))]


def _pins(job: Job, directory: Path) -> list[str]:
    """The path of a project in `directory` that depends on what is pinned to an index, and says to which.

    uv takes pins only from a pyproject.toml, for dependencies of its project; they hold for all others too.
    """
    pinned = indexes_of(job.installer, job.settings).pinned
    if not pinned:
        return []
    file = directory / "pyproject.toml"
    lines = ["[project]", 'name = "pexlite-request"', 'version = "0"', f"dependencies = {json.dumps([*pinned])}"]
    lines += [
        "[tool.uv.sources]",
        *(f"{json.dumps(name)} = {{ index = {json.dumps(index.name)} }}" for name, index in pinned.items()),
    ]
    for index in {index.name: index for index in pinned.values()}.values():
        lines += ["[[tool.uv.index]]", f"name = {json.dumps(index.name)}", f"url = {json.dumps(index.url)}"]
        lines += ["explicit = true"]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return [str(file)]


def _parsed(text: str, directory: Path, universal: bool) -> Pylock:
    try:
        lock = Pylock.from_dict(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, PylockValidationError) as problem:
        raise ResolutionError(
            "uv wrote a lock that cannot be read",
            causes=[str(problem)],
            hint="use a newer uv, or pip: --resolver pip",
        ) from problem
    return Pylock(
        lock_version=lock.lock_version,
        # For one target it is only the version that uv resolved for.
        requires_python=lock.requires_python if universal else None,
        created_by="pexlite",
        packages=[_settled(package, directory, universal) for package in lock.packages],
    )


def _settled(package: LockedPackage, directory: Path, universal: bool) -> LockedPackage:
    """`package` without relative paths, which depend on where uv ran, or an index URL that holds a password."""
    index = package.index if package.index == without_secrets(package.index or "") else None
    archive = package.archive
    if archive is not None and archive.path is not None:
        where = (directory / archive.path).resolve().as_uri()
        archive = PackageArchive(url=where, size=archive.size, hashes=archive.hashes)
    # uv leaves conditions on a Python it was not asked about, also in a lock for one target.
    marker = package.marker if universal else None
    if archive is package.archive and index == package.index and marker is package.marker:
        return package
    return replace(package, archive=archive, index=index, marker=marker)
