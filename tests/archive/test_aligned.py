"""Extra fields that bring content to the beginning of a block."""

from __future__ import annotations

import struct

import pytest

from pexlite.archive.aligned import BLOCK, gap, padding


@pytest.mark.parametrize("position", [0, 1, 4090, 4091, 4095, 4096, 4097, 12_288, 5_000_000_001])
def test_what_follows_begins_where_a_block_does(position: int) -> None:
    found = padding(position)
    assert (position + len(found)) % BLOCK == (position + gap(position)) % BLOCK == 0
    assert gap(position) < BLOCK and len(found) < BLOCK + 6
    if found:
        kind, size, block = struct.unpack_from("<HHH", found)
        assert (kind, size, block) == (0xD935, len(found) - 4, BLOCK)
        assert not any(found[6:])
    else:
        assert position % BLOCK == 0
