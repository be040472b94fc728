"""Rules for the names of files: members of wheels, console scripts, and wheels themselves.

A name that passes means the same one file on every POSIX file system, and never more than one line of a text.
"""

from __future__ import annotations

import re

LONGEST = 255
"""Bytes that file systems take for one name, in UTF-8."""

# Some program or other ends a line at each of these (`str.splitlines`).
_LINE_END = r"\x00-\x1f\x7f\x85\u2028\u2029"
_MORE_THAN_A_LINE = re.compile(f"[{_LINE_END}]")
_NEVER = re.compile(rf"[\\{_LINE_END}]")
_DRIVE = re.compile(r"[A-Za-z]:")
_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_REFERENCE = re.compile(rf"\s*{_DOTTED}\s*:\s*{_DOTTED}\s*(?:\[.*)?")
_STEPS = frozenset({"", ".", ".."})


def fault_of_path(path: str) -> str | None:
    """Why no file can lie at the relative `path`; None where one can.

        scripts/../../.bashrc  "would be written elsewhere"

    The parts of a path are separated by "/". The words are meant to follow a name: "member x would be written
    elsewhere".
    """
    if _NEVER.search(path) or _DRIVE.match(path) or not _STEPS.isdisjoint(path.split("/")):
        return "would be written elsewhere"
    # Count bytes only where a part can be too long: wheels have tens of thousands of files.
    if len(path) > LONGEST // 4 and any(
        len(step.encode("utf-8", "replace")) > LONGEST for step in path.split("/")
    ):
        return f"has a name of more than {LONGEST} bytes, which no file system takes"
    return None


def fault_of_name(name: str) -> str | None:
    """Why no file can have this name in a given directory; None where one can."""
    return "is no file name" if "/" in name else fault_of_path(name)


def is_reference(text: str) -> bool:
    """Whether `text` names a function, as "package.module:main", and may stand in a program that calls it."""
    return _REFERENCE.fullmatch(text) is not None


def is_one_line(text: str) -> bool:
    """Whether every program reads `text` as one line: it has no character that ends a line, and no NUL."""
    return _MORE_THAN_A_LINE.search(text) is None
