"""An interpreter's answer to `ask.py`, or the same from a file: every value checked.

The values become tags, markers, arguments of uv and pip, and a line of the sh header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MARKERS = frozenset(
    {"implementation_name", "implementation_version", "os_name", "platform_machine", "platform_release"}
    | {"platform_system", "platform_version", "python_full_version", "platform_python_implementation"}
    | {"python_version", "sys_platform"}
)
# Free text: it never becomes an argument of a program. All other values are single words.
_WORDS = {"platform_release", "platform_version"}
_WORD = re.compile(r"[A-Za-z0-9_.+-]{0,100}", re.ASCII)
_VERSION = re.compile(r"3\.\d{1,2}(?:\.\d{1,3}\w{0,8}\+?)?", re.ASCII)
_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,3}", re.ASCII)
_LONGEST = 500


def checked_answer(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """`said` with its version as a tuple. Raises ValueError, KeyError or TypeError for impossible values."""
    environment, version = said["environment"], said["version"]
    for name in ("soabi", "platform"):
        _match(_WORD, name, said[name])
    _match(re.compile(rf"|{_NUMBERS.pattern}", re.ASCII), "macos", said["macos"])
    if not isinstance(version, list) or len(version) != 3 or not all(map(_is_number, version)):
        raise ValueError(f"version is {str(version)[:80]!r}")
    if said["pointer_bits"] not in (32, 64) or not isinstance(said["free_threaded"], bool):
        raise ValueError("pointer_bits or free_threaded is nothing that it could be")
    _check_libc(said["libc"])
    if not isinstance(said["executable"], str):
        raise TypeError("executable is no path")
    check_markers(environment)
    if environment.keys() != _MARKERS:
        raise ValueError("environment has not the markers of PEP 508")
    return {**said, "version": tuple(version)}


def check_markers(environment: Any) -> None:
    """Raise ValueError unless `environment` has possible values of the markers of PEP 508, and nothing else."""
    if not isinstance(environment, dict) or not environment.keys() <= _MARKERS:
        raise ValueError("environment has not the markers of PEP 508")
    for name, value in environment.items():
        _line(name, value)
        if name not in _WORDS:
            _match(_WORD, name, value)
        if name in ("python_version", "python_full_version"):
            _match(_VERSION, name, value)


def _check_libc(libc: Any) -> None:
    if libc is None:
        return
    if not isinstance(libc, list) or len(libc) != 2 or libc[0] not in ("glibc", "musl"):
        raise ValueError(f"libc is {str(libc)[:80]!r}")
    # As in "2.36" or "2.36-custom".
    _match(re.compile(rf"{_NUMBERS.pattern}(?:[A-Za-z_+-][\w.+-]{{0,40}})?", re.ASCII), "libc", libc[1])


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < 100


def _line(name: str, value: Any) -> None:
    if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST:
        raise ValueError(f"{name} is {str(value)[:80]!r}")


def _match(pattern: re.Pattern[str], name: str, value: Any) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{name} is {str(value)[:80]!r}")
