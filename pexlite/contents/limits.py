"""Limits of a file: wheels that do not fit other Pythons and platforms, and what would be missing there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.tags import Tag

from pexlite.contents.graph import Roots, dependencies
from pexlite.contents.values import HeldWheel, Limit
from pexlite.contents.wheel_places import fits, in_words, libc_of, tags_of, takes
from pexlite.model import Variant
from pexlite.model.pythons import NEWEST, serves
from pexlite.targets.served import served_environments

_OLDEST = 9  # the oldest CPython that anybody may miss
_COMMON = {"glibc": (2, 17), "musl": (1, 1), "macOS": (11, 0)}
"""The oldest that anybody may miss."""


def limits(variants: Sequence[Variant], wheels: Sequence[HeldWheel], roots: Roots) -> tuple[Limit, ...]:
    """The CPythons that exist and are not served, oldest first, then platforms, each with what is in the way."""
    projects: dict[str, list[tuple[HeldWheel, tuple[Tag, ...]]]] = {}
    for wheel in wheels:
        projects.setdefault(wheel.name, []).append((wheel, tags_of(wheel.filename)))
    pythons = (_of_python(minor, variants, projects, roots) for minor in range(_OLDEST, NEWEST["cp"] + 1))
    return (*(limit for limit in pythons if limit), *_of_platforms(variants, projects))


_Projects = Mapping[str, Sequence[tuple[HeldWheel, tuple[Tag, ...]]]]


def _of_python(minor: int, variants: Sequence[Variant], projects: _Projects, roots: Roots) -> Limit | None:
    """The limit that keeps a file from CPython 3.`minor`; None where it serves it, or needs other wheels there."""
    tag, words = f"cp3{minor}", f"CPython 3.{minor}"
    if any(serves(variant.pythons, tag) for variant in variants):
        return None
    found: dict[str, str] = {}
    for name, held in projects.items():
        wheel = held[0][0]
        if not any(takes(minor, one.requires_python) for one, _ in held):
            found[name] = f"{name} {wheel.version} requires Python {wheel.requires_python}"
        elif not any(fits(minor, tags) for _, tags in held):
            found[name] = f"{name} {wheel.version} has no wheel for {words} here"
    for name, sentence in _missing(tag, variants, projects, roots).items():
        found.setdefault(name, sentence)
    return Limit(words, tuple(found.values()), tuple(found)) if found else None


def _missing(tag: str, variants: Sequence[Variant], projects: _Projects, roots: Roots) -> dict[str, str]:
    """A sentence for each project that is required on the Python `tag` alone, and is not here."""
    if not variants:
        return {}
    there = [served_environments(replace(variant, pythons=(tag,))) for variant in variants]
    wheels = [wheel for held in projects.values() for wheel, _ in held]
    needed = dependencies(replace(roots, environments=there), wheels)
    return {
        one.name: f"{one.name} is required there by {one.by or 'what was asked for'}, and is not here"
        for one in needed
        if not one.is_there
    }


def _of_platforms(variants: Sequence[Variant], projects: _Projects) -> Iterator[Limit]:
    if not variants or any(variant.platform == "any" for variant in variants):
        return
    bound = {
        name: f"{name} {held[0][0].version} is compiled for {_places(held)}"
        for name, held in projects.items()
        if all(wheel.compiled for wheel, _ in held)
    }
    if bound:
        yield Limit("other platforms", tuple(bound.values()), tuple(bound))
    for name, oldest in sorted(_libcs(variants).items()):
        if oldest > _COMMON[name]:
            yield from _of_libc(name, oldest, variants, projects)


def _places(held: Sequence[tuple[HeldWheel, tuple[Tag, ...]]]) -> str:
    return "; ".join(dict.fromkeys(in_words(tags, wheel.requires_python) for wheel, tags in held))


def _libcs(variants: Sequence[Variant]) -> dict[str, tuple[int, int]]:
    """The newest of the oldest C libraries that the variants run on, by name."""
    found: dict[str, tuple[int, int]] = {}
    for variant in variants:
        if variant.libc and variant.libc.name in _COMMON:
            name, version = variant.libc.name, variant.libc.version
            found[name] = max(version, found.get(name, version))
    return found


def _of_libc(
    name: str, oldest: tuple[int, int], variants: Sequence[Variant], projects: _Projects
) -> Iterator[Limit]:
    """The wheels for which the C library has to be as new as `oldest`."""
    libc = next(one.libc for one in variants if one.libc and (one.libc.name, one.libc.version) == (name, oldest))
    version = f"{oldest[0]}.{oldest[1]}"
    found = {
        project: f"{project} {wheel.version} needs {name} {version} or newer"
        for project, held in projects.items()
        for wheel, tags in held
        if wheel.compiled and (floor := libc_of(tags, libc)) is not None and floor >= oldest
    }
    if found:
        yield Limit(f"{name} before {version}", tuple(found.values()), tuple(found))
