"""The oldest C library and macOS that wheels run on, by their tags."""

from __future__ import annotations

import re
from collections.abc import Sequence

from packaging.tags import Tag

from pexlite.model import Libc

_LEGACY_MANYLINUX = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


def libc_floor(fitting: Sequence[Sequence[Tag]], here: Libc | None) -> Libc | None:
    """The oldest C library for which every wheel has a fitting tag (PEP 600, PEP 656)."""
    if here is None:
        return None
    floors = [floor for tags in fitting if (floor := oldest_libc(tags, here)) is not None]
    return Libc(here.name, max(floors)) if floors else None


def oldest_libc(tags: Sequence[Tag], here: Libc) -> tuple[int, int] | None:
    """The oldest C library among one wheel's tags; None where a tag requires none."""
    floors = []
    for tag in tags:
        platform = tag.platform
        if platform == "any":
            return None
        modern = re.match(r"(?:many|musl)linux_(\d+)_(\d+)_", platform)
        legacy = _LEGACY_MANYLINUX.get(platform.partition("_")[0])
        if modern:
            floors.append((int(modern[1]), int(modern[2])))
        elif legacy:
            floors.append(legacy)
        else:
            floors.append(here.version)  # linux_x86_64: linked against the C library of where it was built
    return min(floors, default=None)


def macos_floor(fitting: Sequence[Sequence[Tag]]) -> tuple[int, int] | None:
    """The oldest macOS for which every wheel has a fitting tag."""
    floors = []
    for tags in fitting:
        own = [match for tag in tags if (match := re.match(r"macosx_(\d+)_(\d+)_", tag.platform))]
        if own:
            floors.append(min((int(match[1]), int(match[2])) for match in own))
    return max(floors, default=None)
