"""Where one wheel could run, by its tags and Requires-Python: Pythons that take it, and platforms, in words."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, parse_tag

from pexlite.bundle.floors import macos_floor, oldest_libc
from pexlite.bundle.runs_on import runs_on
from pexlite.model import Libc, Variant
from pexlite.targets.platforms import platform_in

_OWN = re.compile(r"(cp|pp)3(\d{1,2})")
_LAST_PATCH = 99  # stands for every patch release of a Python


@functools.lru_cache(maxsize=5000)
def tags_of(filename: str) -> tuple[Tag, ...]:
    """The tags in a wheel's file name, sorted; () where it has none."""
    parts = filename.removesuffix(".whl").rsplit("-", 3)
    if len(parts) < 4:
        return ()
    return tuple(sorted(parse_tag("-".join(parts[1:])), key=str))


def takes(minor: int, requires_python: str) -> bool:
    """Whether Requires-Python lets some patch release of CPython 3.`minor` in."""
    bound = _bound(requires_python)
    return bound is None or any(bound.contains(f"3.{minor}.{patch}") for patch in (0, _LAST_PATCH))


def fits(minor: int, tags: Iterable[Tag]) -> bool:
    """Whether one of `tags` is for CPython 3.`minor`, on whatever platform."""
    return any((tag.interpreter, tag.abi) in _pairs(minor) for tag in tags)


def libc_of(tags: Sequence[Tag], libc: Libc) -> tuple[int, int] | None:
    """The oldest version of the C library `libc.name` that the wheel runs on; None where it asks for none."""
    prefixes = ("many", "linux") if libc.name == "glibc" else ("musl",)
    own = [tag for tag in tags if tag.platform.startswith(("any", *prefixes))]
    return oldest_libc(own, libc)


def in_words(tags: Sequence[Tag], requires_python: str) -> str:
    """The Pythons and platforms: "any Python", "Python >=3.9", "CPython 3.11 on linux x86_64 (glibc 2.17+)"."""
    python = f"Python {requires_python}" if requires_python else "any Python"
    served: dict[tuple[str, ...], Variant] = {}
    for tag in tags:
        platform = platform_in(tag.platform)
        name = platform.name if platform else tag.platform
        libc = platform.libc if platform else None
        if platform and libc and tag.platform.startswith("linux_"):
            libc = None  # which one it needs, it does not say
        own = _OWN.fullmatch(tag.interpreter)
        words = (f"{tag.interpreter}+" if tag.abi == "abi3" else tag.interpreter) if own else ""
        known = served.get((words, name, libc.name if libc else ""))
        if known and known.libc and libc and known.libc.version <= libc.version:
            continue
        served[words, name, libc.name if libc else ""] = Variant(
            (words,) if words else (), name, libc, macos_floor([[tag]]), ()
        )
    places = [_place(variant, python) for variant in served.values()]
    return "; ".join(dict.fromkeys(places)) or python


def _place(variant: Variant, python: str) -> str:
    place = runs_on([variant])
    return place if variant.pythons else f"{python}{place}"


@functools.cache
def _pairs(minor: int) -> frozenset[tuple[str, str]]:
    own = cpython_tags((3, minor), [f"cp3{minor}{'m' if minor < 8 else ''}"], ["here"])
    others = compatible_tags((3, minor), f"cp3{minor}", ["here"])
    return frozenset((tag.interpreter, tag.abi) for tags in (own, others) for tag in tags)


@functools.lru_cache(maxsize=2000)
def _bound(text: str) -> SpecifierSet | None:
    """`text` as specifiers; None where it is empty or cannot be parsed, as installers take it."""
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None
