"""`__main__.pyc`: the start as compiled by one Python, with the facts of a file put into it."""

from __future__ import annotations

import marshal
import struct
from collections.abc import Mapping
from typing import Any

from pexlite.model import RoomBytecode

# The placeholders for the facts in the compiled start, and for the start in the program that checks it.
_FACTS = b"the facts of a file stand here in it"
_HELD = b"the compiled start of a file stands here"
_PRIME = 2305843009213693951  # as in checked_main.py
# An unchecked hash-based pyc (PEP 552), since its source differs; eight bytes follow that Python ignores.
_UNCHECKED = b"\1\0\0\0" + b"pexlite2"
_CAN_BE_REFERRED_TO = 0x80  # marshal's FLAG_REF


def main_bytecode(room: RoomBytecode, facts: Mapping[str, Any]) -> bytes:
    """The content of `__main__.pyc`."""
    # marshal version 2, alike from Python 3.4 on: later versions write references that depend on refcounts.
    start = _with(room.start, _FACTS, marshal.dumps(dict(facts), 2))
    return room.magic + _UNCHECKED + _with(room.main, _HELD, _divisible(start))


def _with(code: bytes, place: bytes, content: bytes) -> bytes:
    """The marshalled `code` with `content` instead of the text `place`.

    marshal writes no lengths except those of single texts, so one text can replace another.
    """
    before, found, after = code.partition(_text(place))
    assert found and _text(place) not in after and before[-1] & ~_CAN_BE_REFERRED_TO == ord("s")
    return before + _text(content) + after


def _text(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content


def _divisible(content: bytes) -> bytes:
    """`content` with eight more bytes, which make it, read as a number, a multiple of the prime."""
    rest = int.from_bytes(content, "little") % _PRIME
    last = -rest * pow(pow(2, 8 * len(content), _PRIME), -1, _PRIME) % _PRIME
    return content + last.to_bytes(8, "little")
