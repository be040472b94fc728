"""A Python and a platform as facts, and the Target they make together."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from packaging.markers import Environment
from packaging.tags import Tag, compatible_tags, cpython_tags, generic_tags, mac_platforms

from pexlite.model import Libc, Target

_IMPLEMENTATIONS = {"cp": ("cpython", "CPython"), "pp": ("pypy", "PyPy")}
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True)
class Python:
    """An implementation and version: `prefix` "cp" or "pp", `version` (3, 11), `abi` "cp311"."""

    prefix: str
    version: tuple[int, int]
    abi: str

    @property
    def name(self) -> str:
        """The name as in `Target.python`, with `t` for free-threaded: "cp313t"."""
        return f"{self.interpreter}{'t' if self.prefix == 'cp' and 't' in self.abi[2:] else ''}"

    @property
    def interpreter(self) -> str:
        """The interpreter tag: "cp313", without `t`."""
        return f"{self.prefix}{self.version[0]}{self.version[1]}"


@dataclass(frozen=True)
class Platform:
    """A system and machine, with the system's C library or macOS version."""

    system: str
    """"linux", "macosx" or "win"."""
    machine: str
    """The machine as in tags: "x86_64", "aarch64", "arm64", "amd64"; "32" for 32-bit Windows."""
    libc: Libc | None = None
    macos: tuple[int, int] | None = None
    plain_linux: bool = True
    """Whether wheels tagged `linux_x86_64`, whose C library is unknown, are accepted too."""

    @property
    def name(self) -> str:
        """The name as in `Target.platform`."""
        return f"{self.system}{'' if self.machine == '32' else '_'}{self.machine}"


def make_target(
    python: Python,
    platform: Platform,
    environment: Mapping[str, str] | None = None,
    interpreter: Path | None = None,
) -> Target:
    """The Target of `python` on `platform`. Without `environment`, the marker variables are derived from both."""
    return Target(
        python=python.name,
        platform=platform.name,
        libc=platform.libc,
        tags=tags_of(python, platform),
        environment=cast("Environment", dict(environment or marker_variables(python, platform))),
        interpreter=interpreter,
    )


# -- tags ----------------------------------------------------------------------------------------


@functools.cache
def tags_of(python: Python, platform: Platform) -> tuple[Tag, ...]:
    """The supported tags, best first (PEP 425).

    packaging orders interpreter and ABI tags; each pair is then combined with the platform tags. The rows are
    cached and shared between Pythons, which makes a hundred targets cheap.
    """
    rows = _rows(python)
    spread = (tag for row in rows for tag in _spread(row, platform))
    return tuple(spread)


@functools.cache
def platform_tags(platform: Platform) -> tuple[str, ...]:
    """The platform tags that `platform` supports, best first (PEP 600, PEP 656, macOS rules)."""
    if platform.system == "macosx":
        assert platform.macos
        return tuple(mac_platforms(platform.macos, platform.machine))
    if platform.system != "linux":
        return (platform.name,)
    names = [*_libc_tags(platform.libc, platform.machine)]
    return (platform.name, *names) if platform.plain_linux else tuple(names)


def _libc_tags(libc: Libc | None, machine: str) -> list[str]:
    if libc is None:
        return []
    major, newest = libc.version
    if libc.name == "musl":
        return [f"musllinux_{major}_{minor}_{machine}" for minor in range(newest, -1, -1)]
    # Below glibc 2.17 manylinux tags exist for Intel only (PEP 599 added the other machines).
    oldest = 5 if machine in ("x86_64", "i686") else 17
    names = []
    for minor in range(newest, oldest - 1, -1):
        names.append(f"manylinux_{major}_{minor}_{machine}")
        if minor in _LEGACY:
            names.append(f"{_LEGACY[minor]}_{machine}")
    return names


@functools.cache
def _rows(python: Python) -> tuple[Tag, ...]:
    """The tags of `python` for a placeholder platform "here", and for any platform."""
    if python.prefix == "cp":
        own = cpython_tags(python.version, [python.abi], ["here"])
        return (*own, *compatible_tags(python.version, python.interpreter, ["here"]))
    own = generic_tags(python.interpreter, [python.abi], ["here"])
    return (*own, *compatible_tags(python.version, f"{python.prefix}{python.version[0]}", ["here"]))


@functools.cache
def _spread(row: Tag, platform: Platform) -> tuple[Tag, ...]:
    if row.platform == "any":
        return (row,)
    return tuple(Tag(row.interpreter, row.abi, name) for name in platform_tags(platform))


# -- markers -------------------------------------------------------------------------------------

_SYSTEMS = {
    "linux": {"os_name": "posix", "platform_system": "Linux", "sys_platform": "linux"},
    "macosx": {"os_name": "posix", "platform_system": "Darwin", "sys_platform": "darwin"},
    "win": {"os_name": "nt", "platform_system": "Windows", "sys_platform": "win32"},
}
_WINDOWS_MACHINES = {"amd64": "AMD64", "arm64": "ARM64", "32": "x86"}


def marker_variables(python: Python, platform: Platform, full_version: str | None = None) -> dict[str, str]:
    """The marker variables (PEP 508) of a Python that was not asked.

    The full version is X.Y.0, the least that every patch release of X.Y offers. The kernel's release and version
    are empty, since one file runs on many kernels.
    """
    implementation, proper = _IMPLEMENTATIONS[python.prefix]
    full = full_version or f"{python.version[0]}.{python.version[1]}.0"
    machine = platform.machine
    return _SYSTEMS[platform.system] | {
        "implementation_name": implementation,
        "implementation_version": full if implementation == "cpython" else _pypy_version(python.abi),
        "platform_machine": _WINDOWS_MACHINES[machine] if platform.system == "win" else machine,
        "platform_python_implementation": proper,
        "platform_release": "",
        "platform_version": "",
        "python_full_version": full,
        "python_version": f"{python.version[0]}.{python.version[1]}",
    }


def _pypy_version(abi: str) -> str:
    """PyPy's own version "7.3.0" from "pypy310_pp73"."""
    digits = abi.rpartition("_pp")[2]
    return f"{digits[:1]}.{digits[1:]}.0"
