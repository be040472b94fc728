"""The Pythons and platforms on which a file runs, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pexlite.listed import listed
from pexlite.model import Libc, OwnPython, Variant
from pexlite.model.pythons import Family, Span, spans

_IMPLEMENTATIONS = {"cp": "CPython", "pp": "PyPy"}
_NEWER = " and newer"
_FIRST_FREE = 13
"""The minor version of the first CPython that is free-threaded too."""


def runs_on(variants: Sequence[Variant]) -> str:
    """The variants' Pythons and platforms: "CPython 3.9 to 3.14 on linux x86_64 (glibc 2.17+)"."""
    by_place: dict[str, list[str]] = {}
    for variant in variants:
        pythons = by_place.setdefault(_place(variant), [])
        pythons.extend(python for python in variant.pythons if python not in pythons)
    return "; ".join(f"{pythons_in_words(pythons)}{place}" for place, pythons in by_place.items())


def runs_on_its_own(variants: Sequence[Variant], own_pythons: Sequence[OwnPython], *, prefer_host: bool) -> str:
    """Where a file with Pythons of its own runs: "linux x86_64 (glibc 2.17+) with its own CPython 3.11.15".

    With `prefer_host` also on the host's: "CPython 3.9 to 3.14; else linux x86_64 (glibc 2.17+) with its own …".
    """
    by_version: dict[str, list[str]] = {}
    for own in own_pythons:
        libc = Libc(*own.libc) if own.libc else None
        floors = [one.libc for one in variants if one.platform == own.platform and own.tag in one.pythons]
        if libc and not prefer_host:
            libc = max(
                (floor for floor in floors if floor and floor.name == libc.name), key=_version, default=libc
            )
        place = _place(Variant((own.tag,), own.platform, libc, None, ())).removeprefix(" on ")
        by_version.setdefault(own.version, []).append(place)
    words = "; ".join(f"{listed(places)} with its own CPython {version}" for version, places in by_version.items())
    return f"{runs_on(variants)}; else {words}" if prefer_host else words


def _version(libc: Libc) -> tuple[int, int]:
    return libc.version


def _place(variant: Variant) -> str:
    if variant.platform == "any":
        return ""
    system, _, machine = variant.platform.partition("_")
    place = f" on {'macOS' if system == 'macosx' else system} {machine}"
    if variant.libc:
        place += f" ({variant.libc.name} {_dotted(variant.libc.version)}+)"
    if variant.macos:
        place += f" ({_dotted(variant.macos)}+)"
    return place


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def pythons_in_words(tags: Sequence[str]) -> str:
    """Ranges of versions: cp39, cp310, cp311, cp313t give "CPython 3.9 to 3.11, 3.13t".

    A range of CPythons without an end has the free-threaded ones in it, or says that it has not.
    """
    found = spans(tags)
    by_name = {words: list(_ranges(found, prefix)) for prefix, words in _IMPLEMENTATIONS.items()}
    groups = [(words, ", ".join(ranges)) for words, ranges in by_name.items() if ranges]
    if len({ranges for _, ranges in groups}) == 1:
        return f"{' and '.join(words for words, _ in groups)} {groups[0][1]}"
    between = ", " if any(_NEWER in ranges for _, ranges in groups) else " and "
    return between.join(f"{words} {ranges}" for words, ranges in groups)


def _ranges(found: Mapping[Family, Sequence[Span]], prefix: str) -> Iterator[str]:
    """Each range of versions of one implementation."""
    plain = found.get(Family(prefix), ())
    without_end = prefix == "cp" and bool(plain) and plain[-1][1] is None
    free = [(max(_FIRST_FREE, plain[-1][0]), None)] if without_end else []
    for family, runs in found.items():
        if family.prefix == prefix and not (family.free and runs == free):
            words = [_range(first, last, family.free) for first, last in runs]
            if family == Family(prefix) and without_end and Family(prefix, "t") not in found:
                words[-1] += " (not free-threaded)"
            yield from (word + (f" ({family.abi})" if family.abi else "") for word in words)


def _range(first: int, last: int | None, suffix: str) -> str:
    if last is None:
        return f"3.{first}{suffix}{_NEWER}"
    return f"3.{first}{suffix}" if first == last else f"3.{first}{suffix} to 3.{last}{suffix}"
