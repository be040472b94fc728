"""A variant of a built file -> the targets that it serves, as a build for them would have had them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.tags import Tag

from pexlite.model import Libc, Target, Variant
from pexlite.model.pythons import known
from pexlite.targets.facts import Platform, Python, make_target, marker_variables
from pexlite.targets.platforms import ASSUMED_GLIBC
from pexlite.targets.surroundings import platform_of

_OLDEST_MACOS = (11, 0)  # that of wheels for Apple's own processors
_EVERYWHERE = (Platform("linux", "x86_64"), Platform("macosx", "arm64"))
_LAST_PATCH = 99  # stands for every patch release of a Python


def served_targets(variant: Variant, tags: Sequence[Tag], here: Target) -> tuple[Target, ...]:
    """Every existing Python that `variant` serves, oldest first, on its platform with its oldest C library.

    `tags` are those of its wheels, and `here` is the running Python: a variant for any platform is taken as one
    for the platform here.
    """
    platform = _platform(variant, tags, here)
    return tuple(replace(make_target(python, platform), any_patch=True) for python in _pythons(variant))


def in_other_patches(target: Target, here: Target) -> Iterator[Target]:
    """`target` as X.Y.0, then as the Python here if it is that one, then as the last patch release.

    A file does not say which patch release it was built for, and a marker may tell them apart.
    """
    yield target
    if (here.python, here.platform) == (target.python, target.platform):
        yield replace(target, environment=here.environment)
    full = f"{target.environment['python_version']}.{_LAST_PATCH}"
    last = {**target.environment, "python_full_version": full, "implementation_version": full}
    yield replace(target, environment=last)  # type: ignore[arg-type]


def served_environments(variant: Variant) -> tuple[Mapping[str, str], ...]:
    """The marker variables (PEP 508) on every existing Python that `variant` serves, oldest first.

    A variant for any platform is taken as one for Linux and one for macOS, where its wheels were found to be the
    same.
    """
    platforms: tuple[Platform, ...] = _EVERYWHERE
    if variant.platform != "any":
        system, _, machine = variant.platform.partition("_")
        platforms = (Platform("win" if system.startswith("win") else system, machine or "32"),)
    pythons = tuple(_pythons(variant))
    return tuple(marker_variables(python, platform) for platform in platforms for python in pythons)


def _pythons(variant: Variant) -> Iterator[Python]:
    for tag in known(variant.pythons):
        prefix, minor = tag[:2], int(tag[3:].rstrip("t"))
        flags = "t" if tag.endswith("t") else "m" if minor < 8 else ""
        abi = f"pypy3{minor}_pp73" if prefix == "pp" else f"cp3{minor}{flags}"
        yield Python(prefix, (3, minor), abi)


def _platform(variant: Variant, tags: Sequence[Tag], here: Target) -> Platform:
    if variant.platform == "any":
        return platform_of(here)
    system, _, machine = variant.platform.partition("_")
    if system == "macosx":
        return Platform(system, machine, macos=variant.macos or _OLDEST_MACOS)
    if system.startswith("win"):
        return Platform("win", machine or "32")
    libc = variant.libc or (here.libc if here.platform == variant.platform else Libc("glibc", ASSUMED_GLIBC))
    plain = any(tag.platform == variant.platform for tag in tags)
    return Platform(system, machine, libc, plain_linux=plain)
