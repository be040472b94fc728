"""uv as a resolver: `uv pip compile --format pylock.toml`, `uv build`, `uv export`."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from packaging.pylock import Package as LockedPackage
from packaging.pylock import PackageArchive, Pylock, PylockValidationError
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.addresses import without_secrets
from pexlite.errors import ResolutionError
from pexlite.indexes.uv_configuration import uv_flag
from pexlite.model import IndexSettings, Target
from pexlite.network.urls import parts_of
from pexlite.pylock.dependencies import Needs, with_dependencies
from pexlite.requirements.lines import requirement_line, write_lines
from pexlite.resolve.job import Job, is_foreign, requirement_name, write_inputs
from pexlite.resolve.metadata_wheels import with_metadata_wheels, with_real_wheels
from pexlite.resolve.resolver import Build, Resolver
from pexlite.resolve.run import Outcome, attempt, run
from pexlite.resolve.uv_program import default_index_of_uv, find_uv, index_arguments

# The glibc versions that uv's platform names exist for, as x86_64-manylinux_2_28.
_GLIBC_MINORS = (40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 28, 17)
_WINDOWS = {
    "win_amd64": "x86_64-pc-windows-msvc",
    "win_arm64": "aarch64-pc-windows-msvc",
    "win32": "i686-pc-windows-msvc",
}


@dataclass(frozen=True)
class Uv(Resolver):
    """uv."""

    lock_name: ClassVar[str | None] = "uv.lock"
    instead: ClassVar[str] = "pip"
    resolves_universally: ClassVar[bool] = True

    @classmethod
    def find(cls) -> Uv | None:
        """uv, if it is on this machine."""
        program = find_uv()
        return cls(program) if program else None

    def resolve(self, job: Job) -> Pylock:
        """The lock that uv resolves for `job`, or pip where uv cannot. Raises ResolutionError.

        uv runs in a directory of its own, so it reads no pyproject.toml or uv.toml of the current directory. The
        user's uv configuration and UV_* variables apply.
        """
        if job.universal or _can_resolve(job.target):
            try:
                return self._resolve(job)
            except ResolutionError:
                # uv builds before it compares hashes, so with hashes it is limited to wheels; pip compares first.
                if not job.hashed or job.universal:
                    raise
        # Imported here: uv resolves nearly everything.
        from pexlite.resolve.pip import Pip

        return Pip().resolve(job)

    def explain(self, job: Job, outcome: Outcome) -> ResolutionError:
        """The error that explains in our words why a run of uv for `job` failed."""
        # Imported here: most runs go well.
        from pexlite.resolve.explain.failures import explain
        from pexlite.resolve.explain.uv_failures import ROWS

        return explain(job, outcome, self, ROWS)

    def build_wheel(self, build: Build) -> Outcome:
        """Build a wheel with `uv build`."""
        arguments = ["build", "--wheel", "--python", str(build.interpreter or sys.executable)]
        arguments += ["--out-dir", str(build.wheels), str(build.project)]
        return self._run(arguments, build.settings, build.wheels.parent, build.environment)

    def builds_for(self, target: Target) -> bool:
        """Whether the target has an interpreter: uv does not run in it, so any will do."""
        return not is_foreign(target)

    def chosen(self, listed: Path, settings: IndexSettings, interpreter: Path | None) -> str | None:
        """The requirements in `listed` pinned, with hashes and indexes; None where uv fails."""
        arguments = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--generate-hashes"]
        arguments += ["--emit-index-annotation", "--python", str(interpreter or sys.executable), str(listed)]
        outcome = self._run(arguments, settings, listed.parent, {})
        return None if outcome.code else outcome.stdout

    def heeded(self, settings: IndexSettings, asked: IndexSettings) -> IndexSettings:
        """`settings` without an index URL from pip's configuration alone, if uv's own variables name an index."""
        configured_only = settings.index_url is not None and asked.index_url is None
        return replace(settings, index_url=None) if configured_only and default_index_of_uv() else settings

    def exported(self, file: Path, project: Path, words: Sequence[str], settings: IndexSettings) -> str:
        """The uv.lock `file` as a pylock.toml, with the parts that the options `words` request."""
        arguments = ["export", "--format", "pylock.toml", "--frozen", "--quiet"]
        # Groups are included on request only.
        arguments += ["--no-header", "--no-annotate", "--no-default-groups"]
        arguments += ["--python", sys.executable, *words]
        # Offline, unless an index served files without hashes: then uv has to read these files.
        nowhere = replace(settings, no_index=True, find_links=())
        outcome = attempt(self.program, [*arguments, "--offline"], nowhere, cwd=project)
        if not outcome.code:
            return outcome.stdout
        return run(
            self.program,
            [*arguments, *([] if "compute missing hashes" in outcome.stderr else ["--offline"])],
            settings=settings,
            error=ResolutionError,
            message=f"uv cannot read {file.name} beside the project",
            hint="bring it up to date (uv lock), or build without it: --no-lock",
            cwd=project,
        )

    def _resolve(self, job: Job) -> Pylock:
        """The lock for `job`, in which what comes from a URL is what is there now.

        For uv an answer counts for a while after it was last changed (heuristic freshness, RFC 9111), although a
        file may be published anew at its URL. Which other projects come from URLs, only the result says.
        """
        asked = {
            canonicalize_name(root.requirement.name) for root in job.roots if _is_remote(root.requirement.url)
        }
        while True:
            lock = self._resolved(job, asked)
            at_urls = {one.name for one in lock.packages if one.archive and _is_remote(one.archive.url)}
            if at_urls <= asked or _believes_cache(job.settings):
                return lock
            asked |= at_urls

    def _resolved(self, job: Job, asked: Set[str]) -> Pylock:
        """The lock for `job`, the projects `asked` asked for again."""
        with tempfile.TemporaryDirectory(prefix="pexlite-resolve-") as scratch:
            directory = Path(scratch)
            given, real = with_metadata_wheels(job, directory)
            requirements, constraints = write_inputs(given, directory)
            arguments = ["pip", "compile", "--quiet", "--no-header"]
            arguments += [str(requirements), *constraints, *self._pins(job, directory)]
            arguments += [] if job.with_what_they_need else ["--no-deps"]
            arguments += [*_target_arguments(job), *_format_arguments(job), *_amendments(job, directory)]
            if not _believes_cache(job.settings):
                arguments += [f"--refresh-package={name}" for name in sorted(asked)]
            macos = {} if job.universal else _macos_version(job.target)
            output = directory / "pylock.toml"
            if job.preferred is not None:
                from pexlite.pylock.write import lock_text  # only a lock that is made anew has any

                output.write_text(lock_text(job.preferred), encoding="utf-8")
            formats = ["--format", "pylock.toml", "--no-annotate", "--output-file", str(output)]
            outcome = self._run([*arguments, *formats], job.settings, directory, macos)
            if outcome.code:
                raise self.explain(job, outcome)
            found = _parsed(output.read_text(encoding="utf-8"), directory, job.universal)
            if job.with_dependencies:
                found = with_dependencies(found, self._needs(job, found, arguments, directory))
            return with_real_wheels(found, real)

    def _needs(self, job: Job, found: Pylock, arguments: Sequence[str], directory: Path) -> Needs:
        """The dependencies between the packages of `found`, which uv tells in no other format than this one.

        click==8.5.1 ; sys_platform == 'win32'  # via flask, -r requirements.in
        """
        output = directory / "annotated.txt"
        pins = [package for package in found.packages if package.version is not None and not package.is_direct]
        write_lines(output, map(_pin, pins))
        formats = ["--annotation-style", "line", "--output-file", str(output)]
        macos = {} if job.universal else _macos_version(job.target)
        outcome = self._run([*arguments, *formats], job.settings, directory, macos)
        if outcome.code:
            raise self.explain(job, outcome)
        needs: dict[NormalizedName, set[NormalizedName]] = {}
        for line in output.read_text(encoding="utf-8").splitlines():
            requirement, comment, parents = line.rpartition("# via ")
            for parent in parents.split(", ") if comment else ():
                if re.fullmatch(r"[A-Za-z0-9][\w.-]*", parent, re.ASCII):
                    name = canonicalize_name(requirement_name(requirement))
                    needs.setdefault(canonicalize_name(parent), set()).add(name)
        return needs

    def _pins(self, job: Job, directory: Path) -> list[str]:
        """The path of a project written to `directory` whose dependencies are pinned to their indexes.

        uv reads pins only from a pyproject.toml, for the project's dependencies; they apply to all other
        requirements too.
        """
        pinned = self.indexes(job.settings).pinned
        if not pinned:
            return []
        file = directory / "pyproject.toml"
        lines = [
            "[project]",
            'name = "pexlite-request"',
            'version = "0"',
            f"dependencies = {json.dumps([*pinned])}",
        ]
        lines += [
            "[tool.uv.sources]",
            *(f"{json.dumps(name)} = {{ index = {json.dumps(index.name)} }}" for name, index in pinned.items()),
        ]
        for index in {index.name: index for index in pinned.values()}.values():
            lines += ["[[tool.uv.index]]", f"name = {json.dumps(index.name)}", f"url = {json.dumps(index.url)}"]
            lines += ["explicit = true"]
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return [str(file)]

    def _run(
        self, arguments: Sequence[str], settings: IndexSettings, directory: Path, environment: Mapping[str, str]
    ) -> Outcome:
        """Run uv in `directory`, where a build may leave lock files."""
        arguments = [*arguments, *index_arguments(settings)]
        own = {"TMPDIR": str(directory), **environment}
        return attempt(self.program, arguments, settings, cwd=directory, extra_environment=own)


def _pin(package: LockedPackage) -> str:
    marker = f" ; {package.marker}" if package.marker else ""
    return requirement_line(f"{package.name}=={package.version}{marker}")


def _is_remote(url: str | None) -> bool:
    """Whether a file comes from a server by its own `url`."""
    return bool(url) and parts_of(url or "").scheme in ("http", "https")


def _believes_cache(settings: IndexSettings) -> bool:
    """Whether uv is not told which projects to ask for again: offline it takes no such word, or all are asked."""
    return settings.refresh or uv_flag("UV_OFFLINE")


def _can_resolve(target: Target) -> bool:
    """Whether uv has a name for the target: for the common platforms, and for CPython with the GIL."""
    if not is_foreign(target):
        return True
    return re.fullmatch(r"cp3\d+", target.python) is not None and _platform_name(target) is not None


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
    # Without --python uv would search for an interpreter, and might find a broken one.
    return ["--python", sys.executable, "--python-version", version, "--python-platform", platform]


def _platform_name(target: Target) -> str | None:
    """The nearest of uv's platform names that promises no more than `target` has; None without one."""
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
    """Options on wheels and sources: the settings', or wheels only where nothing can be built."""
    if (is_foreign(job.target) or job.hashed) and not job.universal:
        # For uv a named project wins over :all:.
        exceptions = [f"--no-binary={project}" for project in job.from_source]
        return ["--only-binary", ":all:", *exceptions]
    arguments = []
    for name in job.settings.only_binary:
        arguments.append(f"--only-binary={name}")
    for name in job.settings.no_binary:
        arguments.append(f"--no-binary={name}")
    return arguments


def _amendments(job: Job, directory: Path) -> list[str]:
    """Options with a file of overrides in `directory`; an excluded project gets a marker that is never true."""
    nowhere = [f"{name} ; python_version < '0'" for name in job.amendments.never_wanted()]
    lines = [*map(str, job.amendments.overrides), *nowhere]
    if not lines:
        return []
    return ["--overrides", str(write_lines(directory / "overrides.txt", map(requirement_line, lines)))]


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
        # In a lock for one target, requires-python is merely the version that uv resolved for.
        requires_python=lock.requires_python if universal else None,
        created_by="pexlite",
        packages=[_settled(package, directory, universal) for package in lock.packages],
    )


def _settled(package: LockedPackage, directory: Path, universal: bool) -> LockedPackage:
    """`package` without paths relative to where uv ran, and without index URLs that contain a password."""
    index = package.index if package.index == without_secrets(package.index or "") else None
    archive = package.archive
    if archive is not None and archive.path is not None:
        where = (directory / archive.path).resolve().as_uri()
        archive = PackageArchive(url=where, size=archive.size, hashes=archive.hashes)
    # Even in a lock for one target, uv leaves markers about other Pythons.
    marker = package.marker if universal else None
    if archive is package.archive and index == package.index and marker is package.marker:
        return package
    return replace(package, archive=archive, index=index, marker=marker)
