"""The bundle of a file with other versions of some projects: its closure checked again on all that it serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.analysis.own_grammar import own_grammar
from pexlite.analysis.start_imports import with_start_imports
from pexlite.bundle.closure import Lack, closes_with, follow
from pexlite.bundle.plan import Surroundings, plan_bundle, with_own_pythons
from pexlite.bundle.runs_on import pythons_in_words
from pexlite.errors import ClosureIncomplete
from pexlite.model import Bundle, Extent, Root, Target, Variant, Wheel
from pexlite.model.pythons import serves
from pexlite.pipeline.packed import reads_zstandard
from pexlite.pipeline.patched_start import patched_start
from pexlite.pipeline.reopen import Reopened, Served
from pexlite.pipeline.start_list import with_kept_start_lists
from pexlite.store.store import Store
from pexlite.targets.surroundings import neighbours, next_pythons, other_platforms


@dataclass(frozen=True)
class Patched:
    """A file with other wheels of some projects."""

    before: Reopened
    found: tuple[Wheel, ...]
    """The wheels that are new."""
    asked: tuple[Root, ...]
    """The requirements that they were found for."""
    store: Store
    narrow: bool
    """Whether the file may lose Pythons and platforms."""

    @property
    def names(self) -> frozenset[NormalizedName]:
        """The projects whose wheels are replaced."""
        return frozenset(wheel.name for wheel in self.found)

    @property
    def roots(self) -> tuple[Root, ...]:
        """The file's requirements; one that a new version does not satisfy gives way to what is asked for now."""
        versions = {wheel.name: wheel.version for wheel in self.found}
        asked = {canonicalize_name(root.requirement.name): root.requirement for root in self.asked}
        roots = []
        for root in self.before.roots:
            name = canonicalize_name(root.requirement.name)
            if name in versions and not root.requirement.specifier.contains(versions[name], prereleases=True):
                admitting = Requirement(str(root.requirement))
                admitting.specifier = asked[name].specifier if name in asked else admitting.specifier
                root = replace(root, requirement=admitting)
            roots.append(root)
        return tuple(roots)

    def bundle(self) -> Bundle:
        """The bundle. Raises ClosureIncomplete where what is in the file does not go together any more."""
        before, surroundings = self.before, self.surroundings()
        if not surroundings:
            self._fail_to_close(before.served)
        start = patched_start(before, self._wheels_of(before.served[0]), self.names)
        bundle = plan_bundle(
            self.roots, (*before.wheels, *self.found), surroundings, start, before.launch, before.amendments
        )
        if not self.narrow and (lost := self.lost(bundle)):
            self._fail_to_close(lost)
        said = before.manifest.build_properties
        bundle = with_kept_start_lists(bundle, before.manifest, before.wheels)
        return replace(
            with_own_pythons(with_start_imports(bundle, self.store), before.own_pythons),
            extent=Extent(before.manifest.facts["pexlite"].get("compiled", "none")),
            build_properties={name: value for name, value in said.items() if name != "pexlite_version"},
            requirements=before.manifest.requirements if self.roots == before.roots else bundle.requirements,
        )

    def surroundings(self) -> list[Surroundings]:
        """The targets that the file still serves, with the Pythons around them that its own code lets in."""
        around = []
        for served in self.before.served:
            wheels = self._wheels_of(served)
            if not follow(self.roots, wheels, served.target, self.before.amendments)[1]:
                around.append(self._around(served, wheels))
        return around

    def lost(self, bundle: Bundle) -> list[Served]:
        """The targets that the file served before, and does not as this `bundle`."""
        return [served for served in self.before.served if not _is_served(served, bundle.variants)]

    def _wheels_of(self, served: Served) -> tuple[Wheel, ...]:
        """The wheels at hand for a target: those that it has, the new ones in place of the old."""
        has = {wheel.name for wheel in served.wheels}
        kept = [wheel for wheel in served.wheels if wheel.name not in self.names]
        return (*kept, *(wheel for wheel in self.found if wheel.name in has))

    def _around(self, served: Served, wheels: tuple[Wheel, ...]) -> Surroundings:
        target = served.target
        if served.own is not None:
            return Surroundings(target, (), (), wheels, own=served.own)

        def let_in(others: Sequence[Target]) -> tuple[Target, ...]:
            return tuple(other for other in others if self._may_run(other, served))

        near = let_in(neighbours(target))
        elsewhere: tuple[Target, ...] = ()
        if all(tag.platform == "any" for wheel in wheels for tag in wheel.tags):
            told_apart = [other for other in near if not other.python.endswith("t")]
            elsewhere = tuple(other for python in (target, *told_apart) for other in other_platforms(python))
        return Surroundings(target, near, elsewhere, wheels, coming=lambda: let_in(next_pythons(target)))

    def _may_run(self, other: Target, served: Served) -> bool:
        """Whether the file's own code lets `other` in.

        Where the file had the wheels for it and did not serve it, that was why.
        """
        if serves(served.variant.pythons, other.python):
            return True
        if self.before.is_packed and not reads_zstandard(other.python):
            return False
        kept_out = closes_with(self.before.roots, served.wheels, other, self.before.amendments)
        return not kept_out and all(other.minor >= minor for minor in self._floors())

    def _floors(self) -> Iterator[int]:
        """The oldest minor version of Python that can read each wheel of own code."""
        return (own_grammar(wheel, self.store).minor for wheel in self.before.wheels if wheel.local)

    def _fail_to_close(self, lost: Sequence[Served]) -> NoReturn:
        """Raise ClosureIncomplete for the targets that the file would lose, with what to type instead."""
        lacks: dict[str, Lack] = {}
        for served in lost:
            _, missing = follow(self.roots, self._wheels_of(served), served.target, self.before.amendments)
            lacks |= {str(lack): lack for lack in missing}
        older = [lack.requirement for lack in lacks.values() if lack.here is not None]
        words = dict.fromkeys(
            f"'{one.name}{one.specifier}'" for one in (*(r.requirement for r in self.asked), *older)
        )
        hint = f"pexlite patch {self.before.path.name} {' '.join(words)}" if older else "build the file again"
        if len(lost) < len(self.before.served):
            hint += "; --narrow lets the file lose these"
        pythons = pythons_in_words(list(dict.fromkeys(served.target.python for served in lost)))
        raise ClosureIncomplete(
            f"{self.before.path.name} would not run any more on {pythons}, as it does now",
            causes=list(lacks)
            or [f"{wheel.filename} is not for all platforms that it runs on" for wheel in self.found],
            hint=hint,
        )


def _is_served(served: Served, variants: Sequence[Variant]) -> bool:
    """Whether one of `variants` serves the target wherever it was served before."""
    libc, macos = served.variant.libc, served.variant.macos
    return any(
        serves(variant.pythons, served.target.python)
        and variant.platform in (served.variant.platform, "any")
        and (not variant.libc or not libc or variant.libc.version <= libc.version)
        and (not variant.macos or not macos or variant.macos <= macos)
        for variant in variants
    )
