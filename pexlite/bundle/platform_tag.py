"""The tag that a whole file has: where it runs, in one word for its name, as pex writes it for `{platform}`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.tags import Tag

from pexlite.bundle.floors import libc_floor, macos_floor
from pexlite.bundle.plan import Surroundings
from pexlite.model import Bundle, Target

_ANY = Tag("py3", "none", "any")


def platform_tag(bundle: Bundle, surroundings: Sequence[Surroundings]) -> str:
    """The tag of the file with `bundle`: the most particular of its wheels, and the oldest platform it runs on.

        py3-none-any
        cp312-cp312-manylinux_2_28_x86_64
        cp311.cp312-cp311.cp312-macosx_11_0_arm64.manylinux_2_17_x86_64

    The last one is of a file for two targets: each part is that of all targets, in alphabetical order.
    """
    tags = [_tag(bundle, around) for around in surroundings]
    parts = ([getattr(tag, part) for tag in tags] for part in ("interpreter", "abi", "platform"))
    return "-".join(".".join(sorted(set(part))) for part in parts)


def _tag(bundle: Bundle, around: Surroundings) -> Tag:
    target = around.target
    fitting = [tags for tags in _fitting(bundle, around) if not any(tag.platform == "any" for tag in tags)]
    if not fitting:
        return _ANY
    best = min((tag for tags in fitting for tag in tags), key=target.tags.index)
    return Tag(best.interpreter, best.abi, _platform(fitting, target))


def _fitting(bundle: Bundle, around: Surroundings) -> Iterator[list[Tag]]:
    """Of each wheel that the target gets, the tags that fit the target."""
    own, given = frozenset(around.target.tags), around.wheels
    for wheel in bundle.wheels:
        tags = [tag for tag in wheel.tags if tag in own]
        if tags and (given is None or any(wheel is one for one in given)):
            yield tags


def _platform(fitting: Sequence[Sequence[Tag]], target: Target) -> str:
    """The oldest platform on which the wheels with `fitting` tags run, as a platform tag."""
    machine = target.platform.partition("_")[2]
    libc, macos = libc_floor(fitting, target.libc), macos_floor(fitting)
    if libc is not None:
        family = "manylinux" if libc.name == "glibc" else "musllinux"
        return f"{family}_{libc.version[0]}_{libc.version[1]}_{machine}"
    return f"macosx_{macos[0]}_{macos[1]}_{machine}" if macos else target.platform
