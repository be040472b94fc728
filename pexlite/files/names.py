"""Decides what a file may be called, for members of wheels, their console scripts, and wheels themselves.

A name that passes is one file where it says, on every POSIX file system, and no more than one line of a text.
"""

from __future__ import annotations

import re

LONGEST = 255
"""Bytes that file systems take for one name, in UTF-8."""

# A line ends at any of these for one program or another (`str.splitlines`).
_LINE_END = r"\x00-\x1f\x7f\x85\u2028\u2029"
_MORE_THAN_A_LINE = re.compile(f"[{_LINE_END}]")
_NEVER = re.compile(rf"[\\{_LINE_END}]")
_DRIVE = re.compile(r"[A-Za-z]:")
_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_REFERENCE = re.compile(rf"\s*{_DOTTED}\s*:\s*{_DOTTED}\s*(?:\[.*)?")
_STEPS = frozenset({"", ".", ".."})


def fault_of_path(path: str) -> str | None:
    """Words that say why no file can lie at the relative `path`; None where one can.

        scripts/../../.bashrc  "would be written elsewhere"

    Steps are parted by "/". Meant to follow a name: "member x would be written elsewhere".
    """
    if _NEVER.search(path) or _DRIVE.match(path) or not _STEPS.isdisjoint(path.split("/")):
        return "would be written elsewhere"
    # Counted only where a step can be too long: wheels have tens of thousands of files.
    if len(path) > LONGEST // 4 and any(
        len(step.encode("utf-8", "replace")) > LONGEST for step in path.split("/")
    ):
        return f"has a name of more than {LONGEST} bytes, which no file system takes"
    return None


def fault_of_name(name: str) -> str | None:
    """As `fault_of_path`, for the name of a file in a directory that is known."""
    return "is no file name" if "/" in name else fault_of_path(name)


def is_reference(text: str) -> bool:
    """Whether `text` names a function, as in "package.module:main", and may stand in a program that calls it."""
    return _REFERENCE.fullmatch(text) is not None


def is_one_line(text: str) -> bool:
    """Whether every program takes `text` for one line: it holds no character that ends one, and no NUL."""
    return _MORE_THAN_A_LINE.search(text) is None
