"""The protocol that uv and pip implement as resolvers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from packaging.pylock import Pylock

from pexlite.errors import ProjectBuildError, ResolutionError
from pexlite.indexes.indexes import Indexes, indexes_of
from pexlite.model import IndexSettings, Target
from pexlite.resolve.job import Job
from pexlite.resolve.run import Outcome, Program


@dataclass(frozen=True)
class Build:
    """A build of one wheel."""

    project: Path
    """The project's directory."""
    wheels: Path
    """The directory that the wheel goes to."""
    interpreter: Path | None
    """The Python that builds; None for the one that runs pexlite."""
    settings: IndexSettings
    environment: Mapping[str, str]
    """Variables that make the same source give the same wheel."""


@dataclass(frozen=True)
class Resolver(ABC):
    """A program that resolves requirements into a lock, and builds wheels."""

    program: Program
    find_other: Callable[[], Resolver] | None = field(default=None, compare=False, kw_only=True)
    """Finds the resolver to try where this one fails, and raises UsageError where it is missing."""
    lock_name: ClassVar[str | None] = None
    """The name of its own lock file, which it can export as pylock.toml; None where it has none."""
    resolves_universally: ClassVar[bool] = False
    """Whether it makes locks that hold on every platform."""
    instead: ClassVar[str]
    """The name of the resolver to try where this one fails."""
    hears_pip: ClassVar[bool] = False
    """Whether it follows settings of pip that pexlite does not translate."""

    @property
    def name(self) -> str:
        """The name in --resolver NAME."""
        return self.program.name

    @classmethod
    @abstractmethod
    def find(cls) -> Resolver | None:
        """The resolver, if its program is on this machine."""

    @abstractmethod
    def resolve(self, job: Job) -> Pylock:
        """The lock for `job`. Raises ResolutionError."""

    @abstractmethod
    def explain(self, job: Job, outcome: Outcome) -> ResolutionError:
        """The error that explains in our words why a run for `job` failed."""

    @abstractmethod
    def build_wheel(self, build: Build) -> Outcome:
        """Build a wheel of a project by its PEP 517 backend, in isolation."""

    @abstractmethod
    def builds_for(self, target: Target) -> bool:
        """Whether it can build with the Python of `target`, and not only with the one that runs pexlite."""

    def builds_from(self, settings: IndexSettings) -> bool:  # noqa: ARG002
        """Whether a build's requirements come only from the indexes that `settings` allow for them."""
        return True

    def check_builds(self, name: str, settings: IndexSettings) -> None:
        """Raise ProjectBuildError where the build requirements of `name` could come from any index."""
        if not self.builds_from(settings):
            raise ProjectBuildError(
                f"{self.name} cannot build {name} with --index-strategy {settings.index_strategy}",
                causes=["it would take the build requirements from any of the indexes"],
                hint="let uv build it (--resolver uv; repositories are built by pip), or pin projects to the "
                "other indexes (--from, or explicit = true), so that one is left for the rest",
            )

    @abstractmethod
    def chosen(self, listed: Path, settings: IndexSettings, interpreter: Path | None) -> str | None:
        """The distributions to which the requirements file `listed` resolves, in any form; None on failure."""

    def exported(self, file: Path, project: Path, words: Sequence[str], settings: IndexSettings) -> str:
        """Its own lock `file` of `project` as a pylock.toml, by the options `words`. Raises ResolutionError."""
        raise NotImplementedError(f"{self.name} has no lock of its own")

    def takes_wheels_only(self, job: Job) -> bool:
        """Whether it cannot build for the job's target, or not from the allowed indexes."""
        return not (self.builds_from(job.settings) and self.builds_for(job.target))

    def indexes(self, settings: IndexSettings) -> Indexes:
        """The indexes that it uses by `settings` and by variables of its own."""
        return indexes_of(settings, self.program.own_indexes)

    def heeded(self, settings: IndexSettings, asked: IndexSettings) -> IndexSettings:  # noqa: ARG002
        """The `settings` that it follows; `asked` are those that this build requests."""
        return settings
