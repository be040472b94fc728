"""The error for a project without a wheel for a target: which version lacks one, and what else would do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.version import Version

from pexlite.errors import WheelMissing
from pexlite.model import Target
from pexlite.resolve.explain.index_files import IndexFile

_CEILING = re.compile(r"manylinux_(?P<glibc>2_\d+)_(?P<machine>\w+)|macosx_(?P<macos>\d+_\d+)_(?P<mac>\w+)")
_PYTHON_TAG = re.compile(r"(?P<prefix>cp|pp)3(?P<minor>\d+)")
_MOST_SHOWN = 8


@dataclass(frozen=True)
class Wanted:
    """A requirement that a resolver could not satisfy."""

    project: str
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    asked_by: str = ""
    """The distribution that depends on it; "" for the builder."""


def no_wheel(
    wanted: Wanted, target: Target, files: Sequence[IndexFile], *, can_build: bool, lifted: str = ""
) -> WheelMissing | None:
    """The error that tells why none of `files` satisfies `wanted` on `target`, and what would.

    `files` are all files of the project. None where one of them does satisfy it, or none has a suitable version:
    then something else is wrong. With `can_build` a source distribution will do too; `lifted` says how to lift the
    setting that forbids one.
    """
    wanted_files = [file for file in files if wanted.specifier.contains(file.version, prereleases=True)]
    if not wanted_files or any(_serves(file, target, can_build) for file in wanted_files):
        return None
    version = _newest(wanted_files)
    here = [file for file in wanted_files if file.version == version]
    serving = [file for file in files if _serves(file, target, can_build)]
    buildable = any(not file.is_wheel and file.takes(target) for file in here)
    ways = _ways(wanted, here, target, serving)
    error = WheelMissing(
        _message(wanted, version, here, target),
        causes=list(_causes(wanted, version, here, target, serving)),
        hint="; or ".join([lifted, *ways] if lifted and buildable else ways or [_elsewhere(wanted)]),
    )
    if not any(file.is_wheel for file in here) and any(file.takes(target) for file in here):
        error.source_of = wanted.project
    return error


def _serves(file: IndexFile, target: Target, can_build: bool) -> bool:
    fits = not file.tags.isdisjoint(target.tags) if file.is_wheel else can_build
    return fits and file.takes(target)


def _newest(files: Sequence[IndexFile]) -> Version:
    """The newest version among `files`; a pre-release only where there is no other."""
    versions = {file.version for file in files}
    return max([version for version in versions if not version.is_prerelease] or versions)


# -- words ---------------------------------------------------------------------------------------


def _message(wanted: Wanted, version: Version, here: Sequence[IndexFile], target: Target) -> str:
    bounds = {str(file.requires_python) for file in here if not file.takes(target)}
    if bounds and len(bounds) == len({str(file.requires_python) for file in here}):
        python = target.environment["python_full_version"]
        return f"{wanted.project} {version} needs Python {min(bounds)}, and {target.name} is {python}"
    offered = f" with {target.libc.name} {'.'.join(map(str, target.libc.version))}" if target.libc else ""
    newest = _CEILING.match(target.tags[0].platform)
    if newest and newest["macos"]:
        offered = f" (macOS {newest['macos'].replace('_', '.')})"
    return f"{wanted.project} {version} has no wheel for {target.name}{offered}"


def _causes(
    wanted: Wanted, version: Version, here: Sequence[IndexFile], target: Target, serving: Sequence[IndexFile]
) -> Iterator[str]:
    if wanted.asked_by:
        yield f"{wanted.asked_by} depends on {wanted.project}{wanted.specifier}"
    wheels = [file for file in here if file.is_wheel]
    if wheels:
        yield _offer(wheels, target)
    else:
        yield f"{wanted.project} {version} is there as a source distribution only"
    if serving:
        yield f"the newest version for {target.name} is {wanted.project} {_newest(serving)}"
    else:
        yield f"no version of {wanted.project} has one"


def _elsewhere(wanted: Wanted) -> str:
    return f"build a wheel of {wanted.project} on that platform and name its directory: --wheels DIR"


def _ways(wanted: Wanted, here: Sequence[IndexFile], target: Target, serving: Sequence[IndexFile]) -> list[str]:
    ways = []
    if serving:
        pin = f"{wanted.project}=={_newest(serving)}"
        ways.append(f"take another version: --override '{pin}'" if wanted.asked_by else f"take {pin}")
    wheels = [file for file in here if file.is_wheel]
    ceiling = _ceiling(wheels, target)
    if ceiling:
        system = "glibc" if ceiling.startswith("manylinux") else "macOS"
        least = ".".join(re.findall(r"\d+", ceiling)[:2])
        ways.append(f"where the machine has {system} {least}: {_platform_option(ceiling, target.python, target)}")
    python = _nearest_python(wheels, target)
    if python:
        other = f"--python {python[2]}.{python[3:]}"
        if target.interpreter is None:
            other = _platform_option(target.tags[0].platform, python, target)
        ways.append(f"build for another Python: {other}")
    return ways


def _platform_option(platform: str, python: str, target: Target) -> str:
    abi = python if python != target.python else target.tags[0].abi
    number = python[2:].removesuffix("t")
    return f"--platform {platform}-{python[:2]}-{number}-{abi}"


# -- the wheels on the index ---------------------------------------------------------------------


def _ceiling(wheels: Sequence[IndexFile], target: Target) -> str | None:
    """The least platform tag, above those of `target`, that would fit one of `wheels`; None without one."""
    pythons = {(tag.interpreter, tag.abi) for tag in target.tags}
    machine = target.platform.partition("_")[2]
    found: dict[tuple[int, ...], str] = {}
    for tag in (tag for file in wheels if file.takes(target) for tag in file.tags):
        newer = _CEILING.fullmatch(tag.platform)
        if newer is None or (tag.interpreter, tag.abi) not in pythons:
            continue
        numbers = tuple(map(int, (newer["glibc"] or newer["macos"]).split("_")))
        if newer["glibc"] and newer["machine"] == machine and target.libc and target.libc.name == "glibc":
            found[numbers] = tag.platform
        elif newer["mac"] in (machine, "universal2") and target.platform.startswith("macosx"):
            found[numbers] = f"macosx_{newer['macos']}_{machine}"
    return found[min(found)] if found else None


def _nearest_python(wheels: Sequence[IndexFile], target: Target) -> str | None:
    """The tag of the Python nearest to the target's with one of `wheels` for this platform, or None."""
    platforms = {tag.platform for tag in target.tags}
    minors = set()
    for tag in (tag for file in wheels for tag in file.tags):
        python = _PYTHON_TAG.fullmatch(tag.interpreter)
        if python and python["prefix"] == "cp" and tag.platform in platforms and not tag.abi.endswith("t"):
            minor = int(python["minor"])
            minors.add(max(minor, target.minor) if tag.abi == "abi3" else minor)
    best = min(minors, key=lambda minor: (abs(minor - target.minor), -minor), default=None)
    return None if best is None or f"cp3{best}" == target.python else f"cp3{best}"


def _offer(wheels: Sequence[IndexFile], target: Target) -> str:
    """A line on the targets of `wheels`, by what differs from `target`: the Python, the platform, or both."""
    platforms = {tag.platform for tag in target.tags}
    pythons = {(tag.interpreter, tag.abi) for tag in target.tags}
    here = {_python_words(tag) for file in wheels for tag in file.tags if tag.platform in platforms}
    if here:
        return f"its wheels for {target.platform} are for {_shortened(here)}"
    ours = {_modern(file) for file in wheels for tag in file.tags if (tag.interpreter, tag.abi) in pythons}
    if ours:
        return f"its wheels for {target.python} are for {_shortened(ours)}"
    everywhere = {_python_words(tag) for file in wheels for tag in file.tags}
    return f"its wheels are for {_shortened(everywhere)} on {_shortened(set(map(_modern, wheels)))}"


def _python_words(tag: Tag) -> str:
    return (
        f"{tag.interpreter} and later" if tag.abi == "abi3" else f"{tag.interpreter}{'t' * tag.abi.endswith('t')}"
    )


def _modern(wheel: IndexFile) -> str:
    """The platform of `wheel`; of two names for it, as manylinux2014 and manylinux_2_17, the one with numbers."""
    return max((tag.platform for tag in wheel.tags), key=lambda name: ("linux_" in name, name))


def _shortened(words: Set[str]) -> str:
    """`words` sorted by the numbers in them; of many only the last, and how many more there are."""
    ordered = sorted(words, key=lambda word: (*map(int, re.findall(r"\d+", word)), word))
    more = len(ordered) - _MOST_SHOWN
    return ", ".join(ordered[-_MOST_SHOWN:]) + (f" and {more} older" if more > 0 else "")
