"""The difference of two contents, as bsdiff makes it: what is added to the old one byte by byte, and what is new.

Of machine code, what is added is what remains once its references have moved: see runtime/tools/patched.py.

What both have at their beginnings and ends is left out first. bsdiff itself is bsdiff4's, an extra; without it the
rest is new. It holds Python's lock, and some contents take it very long, so large ones are left to a process of
their own that may be ended.
"""

from __future__ import annotations

import functools
import math
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from pexlite.ship.room import patched

_AT_ONCE = 1 << 17  # bytes of old and new content that take less time than starting a process
_ZEROS = re.compile(rb"\0{4,}")
_BUSY = 2  # a processor that others use as well takes up to so many times as long, by its own clock too
_WALL = 20  # seconds on a busy machine, at most, for a second of a processor
_PROGRAM = """
import struct, sys
from bsdiff4 import core
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
except (ImportError, ValueError, OSError):
    pass
size = int(sys.argv[1])
content = sys.stdin.buffer.read()
parts = core.diff(content[:size], content[size:])
parts = [bytes(part) for part in parts]
sys.stdout.buffer.write(struct.pack("<3Q", *map(len, parts)) + b"".join(parts))
"""


@dataclass(frozen=True)
class Difference:
    """How one content becomes another."""

    controls: tuple[tuple[int, int, int], ...]
    """Bytes to add to old ones, bytes to take from `extras`, bytes to go on by in the old content; in turns."""
    runs: tuple[int, ...]
    """Of the bytes that are added, in turns how many are 0 and how many are in `changed`."""
    changed: bytes
    extras: bytes
    moves: bool = False
    """Whether references in the old content are changed first to where their targets have gone."""


@dataclass(frozen=True)
class _Parts:
    """bsdiff's own form of a difference."""

    controls: tuple[tuple[int, int, int], ...]
    sums: bytes
    extras: bytes


def difference(old: bytes, new: bytes, seconds: float) -> Difference | None:
    """The difference of `old` and `new`; None where it would take a processor more than so many seconds."""
    start = _alike(old, new)
    end = min(_alike(old[start:][::-1], new[start:][::-1]), len(old) - start, len(new) - start)
    middle = _middle(old[start : len(old) - end], new[start : len(new) - end], seconds)
    if middle is None:
        return None
    controls = [(start, 0, 0), *middle.controls]
    at = sum(adding + seek for adding, _, seek in controls)
    adding, taking, seek = controls[-1]
    controls[-1] = (adding, taking, seek + len(old) - end - at)
    controls.append((end, 0, 0))
    whole = _Parts(tuple(controls), bytes(start) + middle.sums + bytes(end), middle.extras)
    moved = _sums_of_moved(old, new, whole.controls) if _is_code(old) else None
    if moved is not None and moved.count(0) > whole.sums.count(0):
        return Difference(whole.controls, *_sparse(moved), whole.extras, moves=True)
    return Difference(whole.controls, *_sparse(whole.sums), whole.extras)


def _is_code(content: bytes) -> bool:
    """Whether it is machine code of x86-64, in an ELF file."""
    return content[:4] == b"\x7fELF" and content[18:20] == b"\x3e\0"


def _sums_of_moved(old: bytes, new: bytes, controls: tuple[tuple[int, int, int], ...]) -> bytes:
    """The bytes to be added where references have moved already."""
    at, found = 0, []
    for taking, content in patched().expected(old, controls, moves=True):
        if not taking:
            found.append(_subtracted(new[at : at + len(content)], content))
        at += taking or len(content)
    return b"".join(found)


def _subtracted(one: bytes, other: bytes) -> bytes:
    """Each byte of one less the other's, without borrowing: seven bits of all at once, then the eighth."""
    size = len(one)
    first, second = int.from_bytes(one, "little"), int.from_bytes(other, "little")
    low, high = int.from_bytes(b"\x7f" * size, "little"), int.from_bytes(b"\x80" * size, "little")
    return (((first | high) - (second & low)) ^ ((first ^ second ^ high) & high)).to_bytes(size, "little")


def _sparse(sums: bytes) -> tuple[tuple[int, ...], bytes]:
    """The runs of `sums`, in turns of zeros and of others, and the others."""
    runs: list[int] = []
    changed: list[bytes] = []
    end = 0
    for zeros in _ZEROS.finditer(sums):
        if end:
            runs.append(zeros.start() - end)
        elif zeros.start():
            runs += [0, zeros.start()]
        changed.append(sums[end : zeros.start()])
        runs.append(zeros.end() - zeros.start())
        end = zeros.end()
    if end < len(sums):
        runs += [len(sums) - end] if end else [0, len(sums)]
        changed.append(sums[end:])
    return tuple(runs), b"".join(changed)


@functools.cache
def has_bsdiff() -> bool:
    """Whether bsdiff4 is installed."""
    return find_spec("bsdiff4") is not None


def _alike(one: bytes, other: bytes) -> int:
    """The number of bytes at the beginning that both have."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _middle(old: bytes, new: bytes, seconds: float) -> _Parts | None:
    if not old or not new or not has_bsdiff():
        return _Parts(((0, len(new), 0),), b"", new)
    if len(old) + len(new) <= _AT_ONCE:
        from bsdiff4 import core

        return _made(*core.diff(old, new))
    limit = math.ceil(seconds * _BUSY)
    command = [sys.executable, "-I", "-c", _PROGRAM, str(len(old)), str(limit)]
    try:
        done = subprocess.run(command, input=old + new, capture_output=True, check=True, timeout=limit * _WALL)
    except (subprocess.SubprocessError, OSError):
        return None
    sizes = struct.unpack_from("<3Q", done.stdout)
    places = [24, 24 + sizes[0], 24 + sizes[0] + sizes[1]]
    return _made(*(done.stdout[place : place + size] for place, size in zip(places, sizes, strict=True)))


def _made(controls: bytes, sums: bytes, extras: bytes) -> _Parts:
    numbers = list(_signed(controls))
    return _Parts(tuple(zip(*[iter(numbers)] * 3, strict=True)), bytes(sums), bytes(extras))


def _signed(controls: bytes) -> Iterator[int]:
    """The numbers in bsdiff's form: 63 bits, and the sign in the last one."""
    for (number,) in struct.iter_unpack("<Q", controls):
        yield -(number & (1 << 63) - 1) if number >> 63 else number
