"""pip as a resolver: `pip install --dry-run --report` and `pip wheel`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from packaging.pylock import Pylock

from pexlite.errors import IndexConfigurationError, ResolutionError
from pexlite.indexes.indexes import FIRST_INDEX, FIRST_MATCH, indexes_of, takes_first_index
from pexlite.model import Amendments, IndexSettings, Target
from pexlite.network.urls import parts_of
from pexlite.pylock.dependencies import with_dependencies
from pexlite.resolve.job import Job, write_inputs
from pexlite.resolve.metadata_wheels import with_metadata_wheels, with_real_wheels
from pexlite.resolve.pip_program import PipProgram, pip_runs_on, run_by
from pexlite.resolve.pip_report import installed, needs_in, read_report
from pexlite.resolve.resolver import Build, Resolver
from pexlite.resolve.run import Outcome, Program, attempt
from pexlite.resolve.run_patched_pip import Ranked, check_like_pip, patched

_NOTHING_FOUND = "No matching distribution found for"
_CANNOT_RUN = "This version of pip does not support"


@dataclass(frozen=True)
class Pip(Resolver):
    """pip."""

    program: Program = field(default_factory=PipProgram)
    instead: ClassVar[str] = "uv"
    hears_pip: ClassVar[bool] = True

    @classmethod
    def find(cls) -> Pip:
        """The pip of the Python that runs pexlite, which is always there."""
        return cls()

    def resolve(self, job: Job) -> Pylock:
        """The lock that pip resolves for `job`. Raises ResolutionError.

        A Python that pip itself runs on is asked directly, so source distributions work there; for every other
        target pip is told its tags and given its markers, and takes wheels only.
        """
        with tempfile.TemporaryDirectory(prefix="pexlite-resolve-") as scratch:
            directory = Path(scratch)
            report = directory / "report.json"
            given, real = with_metadata_wheels(job, directory)
            requirements, constraints = write_inputs(given, directory)
            arguments = ["install", "--dry-run", "--ignore-installed", "--progress-bar", "off"]
            arguments += ["--report", str(report), "-r", str(requirements), *constraints]
            arguments += ["--require-hashes"] if job.hashed else []
            arguments += [] if job.with_what_they_need else ["--no-deps"]
            self._check_direct(job)
            run = self._run_for(job, directory)
            outcome = _logged(run.program, [*run.before, *arguments, *run.after], run.settings, directory)
            if outcome.code:
                raise self.explain(job, outcome)
            found = with_real_wheels(read_report(report), real)
            return with_dependencies(found, needs_in(report, job)) if job.with_dependencies else found

    def explain(self, job: Job, outcome: Outcome) -> ResolutionError:
        """The error that says in our words why a run of pip for `job` failed."""
        # Imported here: most runs go well.
        from pexlite.resolve.explain.failures import explain
        from pexlite.resolve.explain.pip_failures import ROWS

        return explain(job, outcome, self, ROWS)

    def build_wheel(self, build: Build) -> Outcome:
        """Build a wheel with `pip wheel`; where the interpreter is too old for pip, with the Python of pexlite.

        To a pure wheel that makes no difference.
        """
        own = ["wheel", "--quiet", "--no-deps", "--wheel-dir", str(build.wheels), str(build.project)]
        return self._run_anywhere(own, build.interpreter, build.settings, build.wheels.parent, build.environment)

    def builds_for(self, target: Target) -> bool:
        """Whether pip can run in the interpreter of `target`."""
        return pip_runs_on(target)

    def builds_from(self, settings: IndexSettings) -> bool:
        """Whether no index comes first: what a build requires, pip takes from any of them."""
        return not takes_first_index(settings)

    def chosen(self, listed: Path, settings: IndexSettings, interpreter: Path | None) -> str | None:
        """The distributions that pip would install for the requirements in `listed`; None where it cannot tell."""
        report = listed.with_name("report.json")
        own = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", str(report), "-r", str(listed)]
        outcome = self._run_anywhere(own, interpreter, settings, listed.parent, {})
        if outcome.code:
            return None
        found = installed(report)
        facts = [(one["metadata"]["name"], one["metadata"]["version"], one["download_info"]) for one in found]
        return repr(sorted(facts, key=str))

    def _run_for(self, job: Job, directory: Path) -> _Run:
        """The program, its arguments and settings by which pip resolves for the target of `job`."""
        ranked, settings = ranked_for_pip(job.settings), job.settings
        # What a source distribution needs to be built, pip would take from any index.
        wheels_only = replace(settings, only_binary=(":all:",), no_binary=())
        pure = settings.prefer_pure
        packages = job.preferred.packages if job.preferred else ()
        preferred: dict[str, str] = {package.name: str(package.version) for package in packages}
        if not pip_runs_on(job.target):
            program = patched(
                directory,
                Path(sys.executable),
                environment=job.target.environment,
                amendments=job.amendments,
                prefer_pure=pure,
                ranked=ranked,
                preferred=preferred,
            )
            return _Run(program, wheels_only, after=_tag_arguments(job, directory))
        if job.amendments != Amendments() or ranked or pure or preferred:
            assert job.target.interpreter
            program = patched(
                directory,
                job.target.interpreter,
                amendments=job.amendments,
                prefer_pure=pure,
                ranked=ranked,
                preferred=preferred,
            )
            return _Run(program, wheels_only if ranked and ranked.first else settings)
        return _Run(self.program, settings, before=run_by(job.target.interpreter))

    def _check_direct(self, job: Job) -> None:
        """Raise ProjectBuildError for a source at a URL whose build requirements pip would take from any index."""
        for root in job.roots:
            url = root.requirement.url
            if url and not parts_of(url).path.endswith(".whl"):
                self.check_builds(root.requirement.name, job.settings)

    def _run_anywhere(
        self,
        arguments: Sequence[str],
        interpreter: Path | None,
        settings: IndexSettings,
        directory: Path,
        environment: Mapping[str, str],
    ) -> Outcome:
        """Run pip in `interpreter` or, where that is too old for it, in the Python that runs pexlite."""
        own = {"TMPDIR": str(directory), **environment}
        place = run_by(interpreter)
        outcome = attempt(self.program, [*place, *arguments], settings, cwd=directory, extra_environment=own)
        if place and _CANNOT_RUN in outcome.stderr:
            return attempt(self.program, arguments, settings, cwd=directory, extra_environment=own)
        return outcome


@dataclass(frozen=True)
class _Run:
    """The way that pip is run for one target."""

    program: Program
    settings: IndexSettings
    before: Sequence[str] = ()
    after: Sequence[str] = ()


def ranked_for_pip(settings: IndexSettings) -> Ranked | None:
    """The ranks and pins that pip is told, None where it needs none.

    Raises IndexConfigurationError for what pip cannot be told.
    """
    indexes = indexes_of(settings)
    if len(indexes.general) > 1 and settings.index_strategy == FIRST_MATCH:
        raise IndexConfigurationError(
            f"pip cannot take the first index with a version that fits ({FIRST_MATCH})",
            hint=f"let uv resolve (--resolver uv), or take the first index that has a project: {FIRST_INDEX}",
        )
    first = takes_first_index(settings)
    if not indexes.pinned and not first:
        return None
    pinned = {name: index.url for name, index in indexes.pinned.items()}
    return Ranked(tuple(index.url for index in indexes.general), first, pinned)


def _logged(program: Program, arguments: Sequence[str], settings: IndexSettings, directory: Path) -> Outcome:
    """Run pip and return how it ended; where it found nothing, its log is added to stdout.

    pip tells only its log, among every file that it passes over, that an index refused access or could not be
    reached. Writing it takes a third of a run's time, so pip is run again for it where it found nothing.
    """
    # What pip leaves behind where it is ended goes with the directory.
    own = {"TMPDIR": str(directory)}
    outcome = attempt(program, arguments, settings, cwd=directory, extra_environment=own)
    check_like_pip(outcome)
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
