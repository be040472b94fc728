"""Targets that nobody requested but the same wheels may serve: other Pythons, other platforms."""

from __future__ import annotations

import functools
import re

from pexlite.model import Libc, Target
from pexlite.targets.facts import Platform, Python, make_target
from pexlite.targets.platforms import ASSUMED_GLIBC, NEWEST

# The newest CPython in existence; every version from 3.6 to it may be served.
NEWEST_CPYTHON = (3, NEWEST["cp"])

_PYPY_ABIS = {8: "pypy38_pp73", 9: "pypy39_pp73", 10: "pypy310_pp73", 11: "pypy311_pp73"}
_OTHER_PLATFORMS = (
    Platform("linux", "x86_64", Libc("glibc", ASSUMED_GLIBC)),
    Platform("linux", "aarch64", Libc("glibc", ASSUMED_GLIBC)),
    Platform("linux", "x86_64", Libc("musl", (1, 2))),
    Platform("linux", "aarch64", Libc("musl", (1, 2))),
    Platform("macosx", "x86_64", macos=(11, 0)),
    Platform("macosx", "arm64", macos=(11, 0)),
)


def neighbours(target: Target) -> tuple[Target, ...]:
    """Every other Python on the target's platform: CPython 3.6 to the newest, PyPy 3.8 to 3.11.

    They are hypothetical: X.Y.0, with the target's C library or macOS version.
    """
    return tuple(near for near in _on(_platform_of(target)) if near.python != target.python)


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
    return tuple(_hypothetical(python, platform) for python in _every_python())


@functools.cache
def _every_python() -> tuple[Python, ...]:
    minors = range(6, NEWEST_CPYTHON[1] + 1)
    cpythons = [Python("cp", (3, minor), f"cp3{minor}{'m' if minor < 8 else ''}") for minor in minors]
    return (*cpythons, *(Python("pp", (3, minor), abi) for minor, abi in _PYPY_ABIS.items()))


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
