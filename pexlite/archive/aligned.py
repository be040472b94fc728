"""Places at which large content begins, so that a file system can share its blocks with another file."""

from __future__ import annotations

import struct

BLOCK = 4096
"""Bytes. Blocks of a file system are rarely larger."""
LARGE = 1 << 16
"""Bytes from which content begins at a multiple of `BLOCK`; the runtime clones no less."""
_KIND = 0xD935  # the extra field by which zipalign does this, for the same reason


def padding(position: int) -> bytes:
    """The extra field behind whose end, when it begins at `position`, the next multiple of `BLOCK` is.

    Empty where `position` is one.
    """
    missing = -position % BLOCK
    if not missing:
        return b""
    if missing < 6:
        missing += BLOCK
    return struct.pack("<HHH", _KIND, missing - 4, BLOCK) + bytes(missing - 6)


def gap(position: int) -> int:
    """The number of bytes from `position` to the next multiple of `BLOCK`."""
    return -position % BLOCK
