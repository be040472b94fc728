"""Targets and wheels made in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from pexlite.model import Libc, Root, Target, Wheel

PLATFORMS = {
    "linux_x86_64": ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64"],
    "macosx_arm64": ["macosx_14_0_arm64", "macosx_11_0_arm64"],
}


def target(minor: int = 11, platform: str = "linux_x86_64") -> Target:
    """CPython 3.`minor` on a platform with glibc 2.28 or macOS 14."""
    platforms = PLATFORMS[platform]
    tags: list[Tag] = [*cpython_tags((3, minor), platforms=platforms)]
    tags += compatible_tags((3, minor), f"cp3{minor}", platforms)
    linux = platform.startswith("linux")
    return Target(
        python=f"cp3{minor}",
        platform=platform,
        libc=Libc("glibc", (2, 28)) if linux else None,
        tags=tuple(tags),
        environment={
            "implementation_name": "cpython",
            "implementation_version": f"3.{minor}.5",
            "os_name": "posix",
            "platform_machine": "x86_64" if linux else "arm64",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux" if linux else "Darwin",
            "platform_version": "",
            "python_full_version": f"3.{minor}.5",
            "python_version": f"3.{minor}",
            "sys_platform": "linux" if linux else "darwin",
        },
    )


def wheel(
    filename: str,
    requires: Sequence[str] = (),
    *,
    python: str = "",
    scripts: dict[str, str] | None = None,
    gui_scripts: dict[str, str] | None = None,
    files: Sequence[str] = (),
    local: bool = False,
) -> Wheel:
    """A wheel of that file name; `.whl` and py3-none-any are added where they are left out, to the files RECORD.

    The first file has 0 bytes, the second 1 and so on.
    """
    if not filename.endswith(".whl"):
        filename += "-py3-none-any.whl"
    name, version, build, tags = parse_wheel_filename(filename)
    members = (*files, f"{'-'.join(filename.split('-')[:2])}.dist-info/RECORD")
    return Wheel(
        name=name,
        version=version,
        filename=filename,
        build=build,
        tags=tags,
        path=Path("/nowhere") / filename,
        sha256=f"{abs(hash(filename)):064x}",
        size=1000,
        crc32=0,
        requires_dist=tuple(map(Requirement, requires)),
        requires_python=SpecifierSet(python) if python else None,
        entry_points={"console_scripts": scripts or {}, "gui_scripts": gui_scripts or {}},
        files=members,
        sizes=tuple(range(len(members))),
        local=local,
    )


def roots(*requirements: str) -> tuple[Root, ...]:
    return tuple(Root(Requirement(requirement), "the command line") for requirement in requirements)
