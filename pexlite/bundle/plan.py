"""Wheels, targets and an entry point -> the Bundle, with every decision about a file made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from pexlite.bundle.closure import closes_with, closure
from pexlite.bundle.floors import libc_floor, macos_floor
from pexlite.bundle.runs_on import runs_on, runs_on_its_own
from pexlite.bundle.tree import trees_of
from pexlite.model import (
    Amendments,
    Bundle,
    EntryPoint,
    InstalledTree,
    LaunchOptions,
    Libc,
    OwnPython,
    Root,
    Target,
    Variant,
    Wheel,
)
from pexlite.model.pythons import as_rule, is_unsure_of_the_next

_AS_ASKED = Amendments()
_Host = tuple[str, str, str]
"""A platform, the name of its C library ("" off Linux), and a Python."""


@dataclass(frozen=True)
class Surroundings:
    """A target, and other Pythons and platforms that may run its wheels too."""

    target: Target
    neighbours: tuple[Target, ...]
    """Other Pythons on the same platform."""
    elsewhere: tuple[Target, ...] = ()
    """The same Pythons on other platforms; only looked at when every wheel is for any platform."""
    wheels: tuple[Wheel, ...] | None = None
    """The wheels that this target may get, where the lock gives targets different versions; None for all."""
    coming: Callable[[], Sequence[Target]] = tuple
    """Gives the next Pythons: only asked for where the newest and the one yet to come are not served alike."""
    own: OwnPython | None = None
    """The Python that the file carries for this target, if no other starts it."""


def plan_bundle(
    roots: Sequence[Root],
    wheels: Sequence[Wheel],
    surroundings: Sequence[Surroundings],
    entry_point: EntryPoint,
    launch: LaunchOptions,
    amendments: Amendments = _AS_ASKED,
) -> Bundle:
    """The bundle that satisfies `roots` on every target, and on every other Python that the same wheels serve.

    Raises ClosureIncomplete where a target lacks wheels, Unplaceable where an app's directory has no place for a
    file.
    """
    chosen = [
        (around, closure(roots, wheels if around.wheels is None else around.wheels, around.target, amendments))
        for around in surroundings
    ]
    used = sorted({id(wheel): wheel for _, needed in chosen for wheel in needed}.values(), key=_wheel_order)
    index = {id(wheel): place for place, wheel in enumerate(used)}
    asked = {_host(around.target) for around in surroundings}
    question = _Question(tuple(roots), amendments)
    variants: list[Variant] = []
    for around, needed in chosen:
        variant = _variant(question, needed, around, tuple(index[id(wheel)] for wheel in needed), asked)
        variants.insert(_rank(variant, variants), variant)
    served = [_without(variant, variants[:number]) for number, variant in enumerate(variants)]
    merged = tuple(
        replace(variant, pythons=as_rule(variant.pythons))
        for variant in _merged([variant for variant in served if variant.pythons])
    )
    trees = trees_of(used, merged)
    return Bundle(
        wheels=tuple(used),
        variants=merged,
        trees=trees,
        entry_point=entry_point,
        launch=launch,
        # In an order of their own: requirements mean the same in whatever order they are written.
        requirements=tuple(sorted({_shown(root) for root in roots}, key=lambda text: (text.lower(), text))),
        startup_files=startup_files(trees),
        runs_on=runs_on(merged),
        amendments=amendments,
    )


def with_own_pythons(bundle: Bundle, own_pythons: tuple[OwnPython, ...]) -> Bundle:
    """`bundle` with the Pythons that its file carries."""
    if not own_pythons:
        return bundle
    words = runs_on_its_own(bundle.variants, own_pythons, prefer_host=bundle.launch.prefer_host)
    return replace(bundle, own_pythons=own_pythons, runs_on=words)


@dataclass(frozen=True)
class _Question:
    """Whether another Python needs the very same wheels."""

    roots: tuple[Root, ...]
    amendments: Amendments

    def holds(self, needed: Sequence[Wheel], other: Target) -> bool:
        return closes_with(self.roots, needed, other, self.amendments)


def _wheel_order(wheel: Wheel) -> tuple[str, str]:
    return (wheel.name, wheel.filename)


def _variant(
    question: _Question,
    needed: Sequence[Wheel],
    around: Surroundings,
    indices: tuple[int, ...],
    asked: Set[_Host],
) -> Variant:
    """One target's wheels and every Python they serve, except Pythons that have wheels of their own (`asked`)."""
    target = around.target
    if around.own is not None:
        return _variant_of(around.own, needed, target, indices)
    near = [other for other in around.neighbours if _host(other) not in asked]
    served = {_served_as(other, needed) for other in near if question.holds(needed, other)}
    if is_unsure_of_the_next(served | {target.python}):
        served |= {other.python for other in around.coming() if question.holds(needed, other)}
    pythons = tuple(sorted({_served_as(target, needed), *served}, key=_python_order))
    if all(tag.platform == "any" for wheel in needed for tag in wheel.tags) and all(
        question.holds(needed, other) for other in around.elsewhere if other.python in pythons
    ):
        return Variant(pythons, "any", None, None, indices)
    own_tags = frozenset(target.tags)
    fitting = [[tag for tag in wheel.tags if tag in own_tags] for wheel in needed]
    return Variant(pythons, target.platform, libc_floor(fitting, target.libc), macos_floor(fitting), indices)


def _variant_of(own: OwnPython, needed: Sequence[Wheel], target: Target, indices: tuple[int, ...]) -> Variant:
    """The wheels for the file's own Python, which alone they serve, on hosts that both can run on."""
    own_tags = frozenset(target.tags)
    floor = libc_floor([[tag for tag in wheel.tags if tag in own_tags] for wheel in needed], target.libc)
    if own.libc is not None:
        floor = Libc(own.libc[0], max(own.libc[1], floor.version if floor else (0, 0)))
    return Variant((target.python,), target.platform, floor, None, indices)


def _served_as(target: Target, needed: Sequence[Wheel]) -> str:
    """The target's Python as in `Variant.pythons`: a PyPy's with the ABI for which wheels are compiled."""
    if target.python.startswith("pp"):
        own = frozenset(target.tags)
        for wheel in needed:
            for tag in wheel.tags:
                if tag.abi.startswith("pypy") and tag in own:
                    return f"{target.python}_{tag.abi.rpartition('_')[2]}"
    return target.python


def _python_order(python: str) -> tuple[str, int, str]:
    found = re.fullmatch(r"([a-z]+)3(\d+)(t?\w*)", python)
    return (found[1], int(found[2]), found[3]) if found else (python, 0, "")


def _host(target: Target) -> _Host:
    """Which hosts a target stands for: those of its platform and C library that have its Python."""
    return target.platform, target.libc.name if target.libc else "", target.python


def _rank(variant: Variant, earlier: Sequence[Variant]) -> int:
    """Its place among `earlier`: a start takes the first that fits, so before one that asks for no C library."""
    if variant.libc is None:
        return len(earlier)
    behind = (place for place, one in enumerate(earlier) if one.platform == variant.platform and one.libc is None)
    return next(behind, len(earlier))


def _without(variant: Variant, earlier: Sequence[Variant]) -> Variant:
    """`variant` without the Pythons that an earlier variant serves on all of its hosts."""
    taken = {python for other in earlier if _has_hosts_of(other, variant) for python in other.pythons}
    pythons = tuple(python for python in variant.pythons if python not in taken)
    return Variant(pythons, variant.platform, variant.libc, variant.macos, variant.wheels)


def _has_hosts_of(other: Variant, variant: Variant) -> bool:
    if other.platform != variant.platform:
        return False
    return other.libc is None or (variant.libc is not None and variant.libc.name == other.libc.name)


def _merged(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    merged: dict[tuple[object, ...], Variant] = {}
    for variant in variants:
        key = (variant.platform, variant.libc, variant.macos, variant.wheels)
        known = merged.get(key)
        pythons = {*variant.pythons, *(known.pythons if known else ())}
        ordered = tuple(sorted(pythons, key=_python_order))
        merged[key] = Variant(ordered, variant.platform, variant.libc, variant.macos, variant.wheels)
    return tuple(merged.values())


def startup_files(trees: Sequence[InstalledTree]) -> tuple[str, ...]:
    """The files directly in site-packages that Python reads at every start: .pth, and .start (PEP 829).

    Hidden ones are passed over, as Pythons do since 3.13 and their last patch releases before.
    """
    paths = {path for tree in trees for path in tree.importable if path.endswith((".pth", ".start"))}
    return tuple(sorted(path for path in paths if "/" not in path and path[0] != "."))


def _shown(root: Root) -> str:
    """The requirement without a local wheel's path, which exists on no other machine."""
    requirement = root.requirement
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{requirement.specifier}{marker}"
