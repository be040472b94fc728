"""Targets that nobody requested but the same wheels may serve: other Pythons, other platforms."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from pexlite.model import Libc, Target
from pexlite.model.pythons import NEWEST, YET_TO_COME
from pexlite.targets.facts import Platform, Python, make_target
from pexlite.targets.platforms import ASSUMED_GLIBC

_OLDEST, _FIRST_FREE, _FIRST_PYPY = 6, 13, 8
_AHEAD = 4  # minor versions that are yet to come: code may be bounded by one of them
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

    They are hypothetical: X.Y.0, with the target's C library or macOS version. The last of each kind is 3.30, for
    all that are yet to come.
    """
    return tuple(near for near in _on(platform_of(target)) if near.python != target.python)


def next_pythons(target: Target) -> tuple[Target, ...]:
    """The Pythons on the target's platform that are to come next, of each kind."""
    ahead = {prefix: range(newest + 1, newest + _AHEAD + 1) for prefix, newest in NEWEST.items()}
    pythons = _pythons(ahead["cp"], ahead["cp"], ahead["pp"])
    return tuple(_hypothetical(python, platform_of(target)) for python in pythons)


def other_platforms(target: Target) -> tuple[Target, ...]:
    """The target's Python on the other common platforms: Linux with glibc and musl, macOS; Intel and ARM."""
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
    plain, free, pypy = (
        (*range(oldest, NEWEST[prefix] + 1), YET_TO_COME)
        for prefix, oldest in (("cp", _OLDEST), ("cp", _FIRST_FREE), ("pp", _FIRST_PYPY))
    )
    return tuple(_hypothetical(python, platform) for python in _pythons(plain, free, pypy))


def _pythons(plain: Sequence[int], free: Sequence[int], pypy: Sequence[int]) -> Iterator[Python]:
    """CPythons, free-threaded ones and PyPys of these minor versions."""
    yield from (Python("cp", (3, minor), f"cp3{minor}{'m' if minor < 8 else ''}") for minor in plain)
    yield from (Python("cp", (3, minor), f"cp3{minor}t") for minor in free)
    yield from (Python("pp", (3, minor), f"pypy3{minor}_pp73") for minor in pypy)


def _python_of(target: Target) -> Python:
    """The Python behind `target.python`; its ABI is read from the first tag."""
    return Python(target.python[:2], (3, target.minor), target.tags[0].abi)


def platform_of(target: Target) -> Platform:
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
