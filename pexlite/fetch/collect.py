"""A lock's wheels brought into the store: found there, downloaded, or built."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from packaging.pylock import PackageArchive, PackageDirectory, PackageSdist, PackageVcs, PackageWheel, Pylock

from pexlite.errors import FetchError, HashMismatch, PexliteError
from pexlite.fetch.vcs import check_commit, checkout_requirement
from pexlite.model import LockParts, Wheel
from pexlite.network.credentials import without_credentials
from pexlite.pylock.artifact import LOCK, RESOLVED, Remote, Teller, inside, lock_path, remote_file
from pexlite.pylock.prefer_pure import pure_where_possible
from pexlite.pylock.rules import LockRules, is_wheel
from pexlite.pylock.select import Choice, select
from pexlite.sources.build_wheel import Checkout
from pexlite.sources.projects import Builder
from pexlite.sources.workshop import Workshop
from pexlite.wheels.read import digest

if TYPE_CHECKING:
    from pexlite.fetch.download import Downloads

Result = TypeVar("Result")


def collect(
    lock: Pylock,
    workshop: Workshop,
    directory: Path | None = None,
    parts: LockParts | None = None,
    *,
    teller: Teller = RESOLVED,
) -> tuple[Wheel, ...]:
    """The wheels that `lock` gives the targets, all in the store, each once, by name, version and file name.

    `parts` are the wanted extras and dependency groups; without them, the lock's default groups. Relative paths in
    the lock start at `directory`. `teller` is LOCK where somebody wrote the lock down, so that its digests have to
    prove something; else who resolved it. A wheel in the store already costs one small file read; the rest is
    downloaded together, and what is no wheel is built. Raises FetchError for all that could not be had,
    HashMismatch where one was another file than the lock names, ProjectBuildError where a build failed.
    """
    settings, targets = workshop.settings, workshop.targets
    run = _Run(workshop, directory, teller)
    wanted = pure_where_possible(lock, targets) if settings.prefer_pure else lock
    choices = select(wanted, targets, parts or LockParts(), LockRules.of(settings, given=teller is LOCK))
    files = [choice for choice in choices if is_wheel(choice.source)]
    sources = [choice for choice in choices if not is_wheel(choice.source)]
    wheels = [*run.ready_made(files), *run.built(sources)]
    unique = {(wheel.sha256, wheel.filename): wheel for wheel in wheels}
    return tuple(sorted(unique.values(), key=lambda wheel: (wheel.name, wheel.version, wheel.filename)))


@dataclass(frozen=True)
class _Run:
    workshop: Workshop
    directory: Path | None
    teller: Teller

    def ready_made(self, choices: Sequence[Choice]) -> list[Wheel]:
        """The wheels of `choices`, which the lock has as wheels."""
        found: list[Wheel] = []
        absent: dict[tuple[str, str | None, str], Remote] = {}
        for remote in map(self._remote, choices):
            wheel = self._stored(remote)
            if wheel is not None:
                found.append(wheel)
            else:
                absent[remote.filename, remote.sha256, _place(remote)] = remote
        if not absent:
            return found
        return found + self._or_raise(self._downloads().wheels(list(absent.values())))

    def built(self, choices: Sequence[Choice]) -> list[Wheel]:
        """The wheels built from `choices`: sdists, directories, archives and checkouts."""
        if not choices:
            return []
        with tempfile.TemporaryDirectory(prefix="pexlite-sources-") as scratch:
            wanted = [choice for choice in choices if self._built_before(choice) is None]
            fetched = self._source_files(wanted, Path(scratch))
            results: list[Wheel | PexliteError] = []
            for choice in choices:
                try:
                    results.append(self._built(choice, fetched))
                except PexliteError as problem:
                    results.append(problem)
            return self._or_raise(results)

    def _stored(self, remote: Remote) -> Wheel | None:
        if remote.sha256 is not None:
            return self.workshop.store.find(remote.sha256, remote.filename)
        if remote.path is not None and not remote.hashes and remote.path.is_file():
            return self.workshop.store.find(digest(remote.path).sha256, remote.filename)
        return None

    def _remote(self, choice: Choice) -> Remote:
        assert isinstance(choice.source, (PackageWheel, PackageSdist, PackageArchive))
        return remote_file(choice.package, choice.source, self.directory, self.teller)

    def _source_files(self, choices: Sequence[Choice], scratch: Path) -> dict[str, Path]:
        """The checked sdists and archives of `choices` on this disk, by URL or path."""
        remotes = [self._remote(choice) for choice in choices if not _is_built_in_place(choice)]
        if not remotes:
            return {}
        unique = {_place(remote): remote for remote in remotes}
        return dict(
            zip(unique, self._or_raise(self._downloads().files(list(unique.values()), scratch)), strict=True)
        )

    def _downloads(self) -> Downloads:
        # Imported here: urllib3 takes 60 ms, more than all of a build that has everything in the store.
        from pexlite.fetch.download import Downloads

        return Downloads(self.workshop.store, self.workshop.settings, self.workshop.report)

    def _built_before(self, choice: Choice) -> Wheel | None:
        if _is_built_in_place(choice):
            return None
        sha256 = self._remote(choice).sha256
        builder = Builder(self.workshop, choice.target)
        return builder.sdist_built_before(sha256, _subdirectory(choice)) if sha256 else None

    def _built(self, choice: Choice, fetched: dict[str, Path]) -> Wheel:
        package, source, builder = choice.package, choice.source, Builder(self.workshop, choice.target)
        if isinstance(source, PackageDirectory):
            place = lock_path(package, source.path, self.directory) / inside(package, source.subdirectory)
            if not place.is_dir():
                causes = [f"{self.teller.name} says it lies at {place}"]
                raise FetchError(f"{package.name} is not there any more", causes=causes)
            return builder.build_project(place)
        if isinstance(source, PackageVcs):
            return self._checkout(choice, source, builder)
        known = self._built_before(choice)
        if known is not None:
            return known
        return builder.build_sdist(fetched[_place(self._remote(choice))], _subdirectory(choice))

    def _checkout(self, choice: Choice, source: PackageVcs, builder: Builder) -> Wheel:
        address = source.url
        if address is None:
            address = lock_path(choice.package, source.path or ".", self.directory).as_uri()
        requirement = checkout_requirement(choice.package, source, address, self.teller)
        identity = (source.type, without_credentials(address), source.commit_id, source.subdirectory or "")
        checkout = Checkout(requirement, identity[-1])
        return builder.build_checkout(checkout, identity, lambda: check_commit(choice.package, source, address))

    def _or_raise(self, results: Sequence[Result | PexliteError]) -> list[Result]:
        """`results` without failures; raises the one failure, or one error that tells all of them."""
        failures = [result for result in results if isinstance(result, PexliteError)]
        if not failures:
            return [result for result in results if not isinstance(result, PexliteError)]
        if len(failures) == 1:
            raise failures[0]
        kinds = {type(failure) for failure in failures}
        one_kind = type(failures[0]) if len(kinds) == 1 else FetchError
        # The gravest tells the kind, so that nobody goes on without the lock for the sake of the others.
        raise (HashMismatch if HashMismatch in kinds else one_kind)(
            f"{len(failures)} of {len(results)} files that {self.teller.name} names could not be had",
            causes=[
                line for failure in failures for line in (failure.message, *map("  {}".format, failure.causes))
            ],
            hint=failures[0].hint if len({failure.hint for failure in failures}) == 1 else None,
        )


def _place(remote: Remote) -> str:
    return str(remote.path or remote.url)


def _is_built_in_place(choice: Choice) -> bool:
    return isinstance(choice.source, (PackageDirectory, PackageVcs))


def _subdirectory(choice: Choice) -> str:
    return inside(choice.package, choice.source.subdirectory) if isinstance(choice.source, PackageArchive) else ""
