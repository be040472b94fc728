"""Targets that nobody requested but the same wheels may serve: other Pythons, other platforms."""

from __future__ import annotations

import functools
import re

from pexlite.model import Libc, Target
from pexlite.model.pythons import NEWEST, YET_TO_COME
from pexlite.targets.facts import Platform, Python, make_target
from pexlite.targets.platforms import ASSUMED_GLIBC

_OLDEST, _FIRST_FREE, _FIRST_PYPY = 6, 13, 8
_AHEAD = 4  # minor versions that are yet to come, each asked for: code may be bounded by one of them
_OTHER_PLATFORMS = (
    Platform("linux", "x86_64", Libc("glibc", ASSUMED_GLIBC)),
    Platform("linux", "aarch64", Libc("glibc", ASSUMED_GLIBC)),
    Platform("linux", "x86_64", Libc("musl", (1, 2))),
    Platform("linux", "aarch64", Libc("musl", (1, 2))),
    Platform("macosx", "x86_64", macos=(11, 0)),
    Platform("macosx", "arm64", macos=(11, 0)),
)


def neighbours(target: Target) -> tuple[Target, ...]:
    """Every other Python on the target's platform: CPython from 3.6 on, free-threaded ones, PyPy from 3.8 on.

    They are hypothetical: X.Y.0, with the target's C library or macOS version. The last ones are yet to come; of
    those, 3.99 stands for all that are further off.
    """
    return tuple(near for near in _on(_platform_of(target)) if near.python != target.python)


def other_platforms(target: Target) -> tuple[Target, ...]:
    """The target's Python on the other common platforms: Linux with glibc and musl, macOS; Intel and ARM.

    None for one of the nearest that are yet to come: what is true of today's and of 3.99 is true of those.
    """
    if NEWEST.get(target.python[:2], 0) < target.minor < YET_TO_COME:
        return ()
    python = _python_of(target)
    own = (target.platform, target.libc.name if target.libc else None)
    return tuple(
        _hypothetical(python, platform)
        for platform in _OTHER_PLATFORMS
        if (platform.name, platform.libc.name if platform.libc else None) != own
    )


@functools.cache
def _hypothetical(python: Python, platform: Platform) -> Target:
    return make_target(python, platform)


@functools.cache
def _on(platform: Platform) -> tuple[Target, ...]:
    return tuple(_hypothetical(python, platform) for python in _every_python())


@functools.cache
def _every_python() -> tuple[Python, ...]:
    cpythons = [Python("cp", (3, n), f"cp3{n}{'m' if n < 8 else ''}") for n in _minors("cp", _OLDEST)]
    free = [Python("cp", (3, n), f"cp3{n}t") for n in _minors("cp", _FIRST_FREE)]
    return (*cpythons, *free, *(Python("pp", (3, n), f"pypy3{n}_pp73") for n in _minors("pp", _FIRST_PYPY)))


def _minors(prefix: str, oldest: int) -> tuple[int, ...]:
    return (*range(oldest, NEWEST[prefix] + _AHEAD + 1), YET_TO_COME)


def _python_of(target: Target) -> Python:
    """The Python behind `target.python`; its ABI is read from the first tag."""
    return Python(target.python[:2], (3, target.minor), target.tags[0].abi)


def _platform_of(target: Target) -> Platform:
    """The Platform behind `target.platform`; its macOS version is read from the best tag."""
    system, _, machine = target.platform.partition("_")
    if system == "macosx":
        newest = re.match(r"macosx_(\d+)_(\d+)_", target.tags[0].platform)
        assert newest
        return Platform(system, machine, macos=(int(newest[1]), int(newest[2])))
    if system.startswith("win"):
        return Platform("win", machine or "32")
    plain = any(tag.platform == target.platform for tag in target.tags)
    return Platform(system, machine, target.libc, plain_linux=plain)
