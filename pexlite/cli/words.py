"""Sizes, times, counts and paths as people read them."""

from __future__ import annotations

from pathlib import Path

_UNITS = ("kB", "MB", "GB")


def size_in_words(size: int) -> str:
    """`size` bytes in decimal units: 999 -> "999 B", 1_234_567 -> "1.2 MB", 532_000_000 -> "532 MB"."""
    if size < 1000:
        return f"{size} B"
    amount = float(size)
    for unit in _UNITS:
        amount /= 1000
        # Rounding makes 1.0 MB of 999.96 kB.
        if round(amount) < 1000 or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if round(amount, 1) >= 10 else f"{amount:.1f} {unit}"
    raise AssertionError("the loop ends at the last unit")


def share_in_words(part: int, whole: int) -> str:
    """The share of `part` in `whole` as people read it: 12, 1000 -> "1.2 %"."""
    share = 100 * part / max(whole, 1)
    return f"{share:.0f} %" if share >= 10 else f"{share:.2g} %"


def seconds_in_words(seconds: float) -> str:
    """`seconds` as people read them: 0.42 -> "0.4 s", 83 -> "1 min 23 s"."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    seconds = max(seconds, 60)
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def count_in_words(count: int, noun: str) -> str:
    """`count` with its noun: 1, "wheel" -> "1 wheel"; 7 -> "7 wheels"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def path_in_words(path: Path, directory: Path) -> str:
    """`path` as it would be typed in `directory`: relative where it lies inside."""
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else str(path)
