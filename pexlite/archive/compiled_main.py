"""`__main__.pyc`: the warm start as one Python has compiled it, with the facts of a file put into it."""

from __future__ import annotations

import marshal
import struct
from collections.abc import Mapping
from typing import Any

from pexlite.model import WarmStart

# As runtime/warm.py has it.
_PLACE = b"the facts of a file stand here in it"
# Not checked against a source, which is another (PEP 552); eight bytes follow that nothing looks at.
_UNCHECKED = b"\1\0\0\0" + b"pexlite1"
_CAN_BE_REFERRED_TO = 0x80  # marshal's FLAG_REF


def main_bytecode(warm: WarmStart, facts: Mapping[str, Any]) -> bytes:
    """The content of `__main__.pyc`.

    What marshal writes has no lengths but those of single texts, so one text can take the place of another.
    """
    place = _text(_PLACE)
    before, found, after = warm.code.partition(place)
    assert found and place not in after and before[-1] & ~_CAN_BE_REFERRED_TO == ord("s")
    # The same for every Python from 3.4 on, and for the same facts: without references, whoever else has a text.
    return warm.magic + _UNCHECKED + before + _text(marshal.dumps(dict(facts), 2)) + after


def _text(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content
