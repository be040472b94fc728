"""pex's complete platforms, as `pex3 interpreter inspect --markers --tags` writes them, made into targets.

    {"compatible_tags": ["cp312-cp312-manylinux_2_36_x86_64", …], "marker_environment": {"os_name": "posix", …}}

The C library or macOS version, which they do not have, is the newest one in the tags. Marker variables that are
left out are derived from the tags too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from packaging.tags import Tag

from pexlite.model import Target
from pexlite.targets.answer import check_markers
from pexlite.targets.facts import Platform, Python, make_target, marker_variables
from pexlite.targets.platforms import platform_in

_KEYS = ("marker_environment", "compatible_tags")
_TAG = re.compile(r"(\w{1,40})-(\w{1,40})-(\w{1,100})", re.ASCII)
_INTERPRETER = re.compile(r"(cp|pp)(3)(\d{1,2})", re.ASCII)
_MOST_TAGS = 100_000


def is_complete_platform(said: Mapping[str, Any]) -> bool:
    """Whether `said` has a key of a complete platform."""
    return any(key in said for key in _KEYS)


def complete_platform(said: Mapping[str, Any]) -> Target:
    """The Target that the complete platform `said` describes; its tags are the given ones, in their order.

    Raises ValueError for values that are none.
    """
    for key in _KEYS:
        if not said.get(key):
            raise ValueError(f"it has no {key}; pex writes both: pex3 interpreter inspect --markers --tags")
    tags = tuple(_tags(said["compatible_tags"]))
    platforms = {tag.platform for tag in tags}
    python, platform = _python(tags), _platform(platforms)
    environment = said["marker_environment"]
    check_markers(environment)
    derived = marker_variables(python, platform)
    version = str(environment.get("python_version", derived["python_version"]))
    if version != derived["python_version"]:
        raise ValueError(f"its python_version is {version}, and its first tag is {tags[0]}")
    full = environment.get("python_full_version")
    if full:
        derived = marker_variables(python, platform, full)
    target = make_target(python, platform, {**derived, **environment})
    return replace(target, tags=tags, any_patch=not full)


def _tags(given: object) -> Iterator[Tag]:
    if not isinstance(given, list) or len(given) > _MOST_TAGS:
        raise ValueError("compatible_tags is no list of tags")
    for text in given:
        found = _TAG.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"compatible_tags has {str(text)[:80]!r}, which is no tag")
        yield Tag(*found.groups())


def _python(tags: Sequence[Tag]) -> Python:
    found = _INTERPRETER.fullmatch(tags[0].interpreter)
    if found is None or tags[0].abi in ("none", "abi3") or int(found[3]) < 6:
        raise ValueError(f"its first tag is {tags[0]}, which names no CPython or PyPy from 3.6 on, and no ABI")
    return Python(found[1], (int(found[2]), int(found[3])), tags[0].abi)


def _platform(names: set[str]) -> Platform:
    """The platform that all of `names` are tags of: the newest version of its C library or of macOS."""
    found = [platform for name in names if (platform := platform_in(name)) is not None]
    versioned = [one for one in found if not one.name.startswith("linux") or not one.plain_linux]
    if not found:
        raise ValueError("its tags name no platform that is known here")
    newest = max(versioned or found, key=_version)
    return replace(newest, plain_linux=newest.name in names)


def _version(platform: Platform) -> tuple[int, ...]:
    return (platform.libc.version if platform.libc else platform.macos) or ()
