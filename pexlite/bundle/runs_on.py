"""The Pythons and platforms on which a file runs, in words."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.model import Variant

_IMPLEMENTATIONS = {"cp": "CPython", "pp": "PyPy"}


def runs_on(variants: Sequence[Variant]) -> str:
    """The variants' Pythons and platforms: "CPython 3.9 to 3.14 on linux x86_64 (glibc 2.17+)"."""
    by_place: dict[str, list[str]] = {}
    for variant in variants:
        pythons = by_place.setdefault(_place(variant), [])
        pythons.extend(python for python in variant.pythons if python not in pythons)
    return "; ".join(f"{pythons_in_words(pythons)}{place}" for place, pythons in by_place.items())


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
    """Ranges of versions: cp39, cp310, cp311, cp313t give "CPython 3.9 to 3.11, 3.13t"."""
    groups: list[str] = []
    for implementation, words in _IMPLEMENTATIONS.items():
        for suffix in ("", "t"):
            minors = sorted(
                int(tag[3:].removesuffix("t"))
                for tag in tags
                if tag.startswith(implementation) and tag.endswith("t") == bool(suffix)
            )
            ranges = [_range(start, end, suffix) for start, end in _runs(minors)]
            if ranges:
                groups.append(f"{words} {', '.join(ranges)}")
    return " and ".join(groups)


def _range(start: int, end: int, suffix: str) -> str:
    return f"3.{start}{suffix}" if start == end else f"3.{start}{suffix} to 3.{end}{suffix}"


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
