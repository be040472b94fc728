"""The versions that a patch asks for: the newest that everything else in the file lets in, and their wheels."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pexlite.bundle.closure import Lack, follow
from pexlite.errors import FetchError, PexliteError, ResolutionError, UsageError
from pexlite.fetch.collect import collect
from pexlite.listed import listed
from pexlite.model import LocalKind, Root, Specification, Target, Wheel
from pexlite.pipeline.reopen import ORIGIN, Reopened, Served
from pexlite.pylock.artifact import Teller
from pexlite.resolve.lock import Resolution, resolve
from pexlite.sources.local import local_wheels
from pexlite.sources.workshop import Workshop

_OF_A_BUILD = ("--python", "--platform")


def new_wheels(before: Reopened, specification: Specification, workshop: Workshop, *, narrow: bool) -> NewWheels:
    """The wheels of the asked versions, for every target that the file serves, all in the store.

    Nothing else is resolved. Raises UsageError for a project that is not in the file, or is its own code, and
    ResolutionError where the rest of the file lets none of these versions in.
    """
    _check_files(specification)
    own = {wheel.name for wheel in before.wheels if wheel.local}
    # What was own code stays that, so that no index is ever asked for its name.
    local = tuple(
        replace(entry.wheel, local=entry.wheel.local or entry.wheel.name in own)
        for entry in local_wheels(specification.local, workshop)
    )
    _check_is_there(before, [*(root.requirement.name for root in specification.roots), *(w.name for w in local)])
    _check_is_of_others(before, specification.roots)
    if not specification.roots:
        return NewWheels(local)
    found = _Question(before, specification, workshop, narrow=narrow).answer()
    return replace(found, wheels=(*local, *found.wheels))


@dataclass(frozen=True)
class NewWheels:
    """The wheels of the asked versions."""

    wheels: tuple[Wheel, ...]
    lock: Pylock | None = None
    """The lock by which they were found; None where all are files of this machine."""


@dataclass(frozen=True)
class _Question:
    """Which versions of the asked projects fit into the file."""

    before: Reopened
    specification: Specification
    workshop: Workshop
    narrow: bool

    @property
    def _names(self) -> frozenset[NormalizedName]:
        return frozenset(canonicalize_name(root.requirement.name) for root in self.specification.roots)

    def answer(self) -> NewWheels:
        """The wheels of these versions, for each target as far as they are for it."""
        served = [one for one in self.before.served if self._names & {wheel.name for wheel in one.wheels}]
        leading = _leading(served, newest=self.narrow)
        asked, passed_over = self, list[Wheel]()
        while True:
            try:
                lock = asked._resolved_within(leading, self._needs(served))
            except ResolutionError as failure:
                raise self._none_fits(passed_over, failure) if passed_over else failure from None
            wheels = asked._fetched_for(served, lock, leading)
            unfit = [wheel for wheel in wheels if any(_is_unfit(wheel, one, wheels) for one in leading)]
            if not unfit:
                return NewWheels(wheels, lock)
            # With what it needs left aside, a resolver may not look at the Pythons that a version is for.
            asked = replace(asked, specification=_without_versions(asked.specification, unfit))
            passed_over += unfit

    def _none_fits(self, passed_over: Sequence[Wheel], failure: ResolutionError) -> ResolutionError:
        """The error that only versions for other Pythons or platforms are to be had."""
        names = listed(sorted({wheel.name for wheel in passed_over}))
        bounds = [f" of Python {wheel.requires_python}" if wheel.requires_python else "" for wheel in passed_over]
        return ResolutionError(
            f"no version of {names} that is asked for is for all that {self.before.path.name} runs on: "
            f"{self.before.manifest.runs_on}",
            causes=[
                f"{w.filename} is for other places{bound}" for w, bound in zip(passed_over, bounds, strict=True)
            ]
            + [failure.message],
            hint="build it again" if self.narrow else "let it lose the others with --narrow, or build it again",
        )

    def _fetched_for(self, served: Sequence[Served], lock: Pylock, leading: Sequence[Target]) -> tuple[Wheel, ...]:
        """The wheels of the versions in `lock`, which was made for the `leading` ones of the targets."""
        targets, versions = [one.target for one in served], _versions(lock)
        if len(versions) == len(lock.packages):
            # One version serves all: what was told for the oldest Pythons mostly has the wheels of the others too.
            with suppress(FetchError):
                return self._fetched(lock, targets)
        if not self.narrow:
            return self._fetched(self._resolved(self.specification.roots, targets, versions), targets)
        found = {wheel.sha256: wheel for wheel in self._fetched(lock, leading)}
        for target in targets:
            # A target that cannot have the version is lost, which `narrow` allows.
            with suppress(PexliteError):
                one = self._resolved(self.specification.roots, [target], versions)
                found |= {wheel.sha256: wheel for wheel in self._fetched(one, [target])}
        return tuple(found.values())

    def _needs(self, served: Sequence[Served]) -> list[Lack]:
        """The requirements on the asked projects by all else in the file, each once."""
        needs: dict[tuple[str, str], Lack] = {}
        for one in served:
            others = [wheel for wheel in one.wheels if wheel.name not in self._names]
            _, lacks = follow(self.before.roots, others, one.target, self.before.amendments)
            needs |= {
                (str(lack.requirement), lack.origin): lack
                for lack in lacks
                if lack.project in self._names and lack.requirement.specifier
            }
        return list(needs.values())

    def _resolved_within(self, targets: Sequence[Target], needs: Sequence[Lack]) -> Pylock:
        """The lock of the newest versions that the others let in and, where possible, the file's requirements."""
        of_others = [lack for lack in needs if lack.origin != ORIGIN]
        for within in (needs, of_others) if len(of_others) < len(needs) else (needs,):
            try:
                return self._resolved(self._narrowed(within), targets)
            except ResolutionError as failure:
                problem = failure
        if of_others:
            self._check_others_are_no_cause(targets, of_others)
        raise self._in_words_of_a_patch(problem) from problem

    def _narrowed(self, needs: Sequence[Lack]) -> tuple[Root, ...]:
        """The asked requirements, each within the `needs` on its project."""
        roots = []
        for root in self.specification.roots:
            requirement = Requirement(str(root.requirement))
            for lack in needs if not requirement.url else ():
                if lack.project == canonicalize_name(requirement.name):
                    requirement.specifier &= lack.requirement.specifier
            roots.append(replace(root, requirement=requirement))
        return tuple(roots)

    def _check_others_are_no_cause(self, targets: Sequence[Target], needs: Sequence[Lack]) -> None:
        """Raise ResolutionError where a version is to be had that only the others in the file do not let in."""
        try:
            found = self._resolved(self.specification.roots, targets)
        except ResolutionError as failure:
            raise self._in_words_of_a_patch(failure) from failure
        versions = _versions(found)
        kept = [lack for lack in needs if not lack.requirement.specifier.contains(versions[lack.project], True)]
        asking = dict.fromkeys(_project(lack.origin) for lack in kept)
        asked = " ".join(f"'{root.requirement}'" for root in self.specification.roots)
        raise ResolutionError(
            f"no version that is asked for goes together with the rest of {self.before.path.name}",
            causes=[
                f"{_project(lack.origin)} needs {lack.requirement.name}{lack.requirement.specifier}"
                for lack in kept
            ]
            + [f"the newest that is asked for is {name} {version}" for name, version in versions.items()],
            hint=f"patch these as well: pexlite patch {self.before.path.name} {asked} {' '.join(asking)}".rstrip(),
        )

    def _in_words_of_a_patch(self, failure: ResolutionError) -> ResolutionError:
        """`failure`, where its hint names options that a patch does not have with those that it has."""
        if failure.hint and not any(option in failure.hint for option in _OF_A_BUILD):
            return failure
        hint = "build it again"
        if not self.narrow and len(self.before.served) > 1:
            hint += ", or let it lose Pythons that the new version is not for: --narrow"
        return type(failure)(failure.message, causes=failure.causes, hint=hint)

    def _resolved(
        self,
        roots: Sequence[Root],
        targets: Sequence[Target],
        versions: dict[NormalizedName, Version] | None = None,
    ) -> Pylock:
        """The lock of `roots` alone, without what they need; with `versions` in just these."""
        direct = {canonicalize_name(root.requirement.name) for root in roots if root.requirement.url}
        pins = [f"{name}=={version}" for name, version in (versions or {}).items() if name not in direct]
        workshop = self.workshop
        resolution = Resolution(
            roots=tuple(roots),
            constraint_files=(),
            targets=tuple(targets),
            settings=workshop.resolver.heeded(workshop.settings, self.specification.index),
            constraint_lines=pins,
            with_what_they_need=False,
        )
        return resolve(resolution, workshop.resolver, workshop.report)

    def _fetched(self, lock: Pylock, targets: Sequence[Target]) -> tuple[Wheel, ...]:
        workshop = replace(self.workshop, targets=tuple(targets))
        return collect(lock, workshop, self.before.path.parent, teller=Teller.resolver(workshop.resolver.name))


def _leading(served: Sequence[Served], *, newest: bool) -> list[Target]:
    """A target of each variant that decides the version: the oldest Python, since all of them are to have it."""
    by_variant: dict[int, list[Target]] = {}
    for one in served:
        by_variant.setdefault(id(one.variant), []).append(one.target)
    return [targets[-1 if newest else 0] for targets in by_variant.values()]


def _versions(lock: Pylock) -> dict[NormalizedName, Version]:
    """The oldest version of each project in `lock`, which may have one for each target."""
    found: dict[NormalizedName, Version] = {}
    for package in lock.packages:
        if package.version is not None:
            name = canonicalize_name(package.name)
            found[name] = min(found.get(name, package.version), package.version)
    return found


def _is_unfit(wheel: Wheel, target: Target, wheels: Sequence[Wheel]) -> bool:
    """Whether the project of `wheel` has none of `wheels` for `target`."""
    return not any(
        other.name == wheel.name and not other.tags.isdisjoint(target.tags) and target.takes(other.requires_python)
        for other in wheels
    )


def _without_versions(specification: Specification, wheels: Sequence[Wheel]) -> Specification:
    """`specification`, whose requirements do not let in the versions of `wheels`."""
    roots = []
    for root in specification.roots:
        requirement = Requirement(str(root.requirement))
        for wheel in wheels:
            if wheel.name == canonicalize_name(requirement.name):
                requirement.specifier &= SpecifierSet(f"!={wheel.version}")
        roots.append(replace(root, requirement=requirement))
    return replace(specification, roots=tuple(roots))


def _project(origin: str) -> str:
    """The project of the wheel that is an origin: "requests" of "requests-2.34.2-py3-none-any.whl"."""
    return canonicalize_name(origin.partition("-")[0]) if origin.endswith(".whl") else origin


# -- what can be asked for -----------------------------------------------------------------------


def _check_files(specification: Specification) -> None:
    """Raise UsageError for local code that is no wheel yet: what it needs might be something else by now."""
    for source in specification.local:
        if source.kind is not LocalKind.WHEEL:
            raise UsageError(
                f"{source.path.name} is no wheel, and a patch takes wheels and requirements",
                hint="build the file again, or make a wheel of it: pip wheel --no-deps PATH",
            )
    if specification.lock is not None:
        raise UsageError("a patch takes no lock", hint="leave --lock out, or build the file again by the lock")
    if not specification.roots and not specification.local:
        raise UsageError("nothing to patch", hint="name a project in it: pexlite patch app.pex 'certifi>=2026.1'")


def _check_is_there(before: Reopened, names: Sequence[str]) -> None:
    missing = [name for name in names if canonicalize_name(name) not in before.names]
    if not missing:
        return
    near = list(_near(missing, before.names))
    raise UsageError(
        f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} not in {before.path.name}",
        causes=[f"it has {listed(sorted(before.names), most=12)}"],
        hint=f"did you mean {near[0]}?" if near else "a new project goes in by building the file again",
    )


def _near(missing: Sequence[str], names: frozenset[NormalizedName]) -> Iterator[str]:
    for name in missing:
        yield from difflib.get_close_matches(canonicalize_name(name), names, n=1)


def _check_is_of_others(before: Reopened, roots: Sequence[Root]) -> None:
    """Raise UsageError for the file's own code, whose name on an index may be a stranger's."""
    own = {wheel.name for wheel in before.wheels if wheel.local}
    for root in roots:
        if canonicalize_name(root.requirement.name) in own and not root.requirement.url:
            raise UsageError(
                f"{root.requirement.name} is {before.path.name}'s own code, and no index is asked for that",
                hint="build the file again, or name a wheel of it: pexlite patch "
                f"{before.path.name} ./dist/{root.requirement.name}-….whl",
            )
