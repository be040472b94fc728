"""Built files changed by somebody who means ill: own parts replaced, wheels left where they are."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Packed:
    """Content that is deflated already, however much it is unpacked."""

    deflated: bytes
    size: int
    crc32: int


Parts = dict[str, Any]
"""The own parts of a file: bytes, or Packed."""


def repeated(block: bytes, times: int) -> Packed:
    """`block` so many times."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    # Flushed in full, what comes next refers to nothing before it: it is the same each time.
    one = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH)
    crc32 = 0
    for _ in range(times):
        crc32 = zlib.crc32(block, crc32)
    return Packed(one * times + compressor.flush(), len(block) * times, crc32)


def with_parts(file: Path, output: Path, change: Callable[[Parts], object]) -> Path:
    """`file` with its own parts as `change` leaves them, in a zip without any fault of its own, at `output`."""
    content = file.read_bytes()
    with zipfile.ZipFile(file) as opened:
        wheels = [entry for entry in opened.infolist() if entry.filename.startswith(".deps/")]
        own = [entry for entry in opened.infolist() if not entry.filename.startswith(".deps/")]
        parts = {entry.filename: opened.read(entry) for entry in own}
    change(parts)
    made = bytearray(content[: min(entry.header_offset for entry in own)])
    directory = bytearray()
    for entry in wheels:
        directory += _entry(entry.filename, entry.CRC, entry.file_size, entry.file_size, entry.header_offset)
    for name, text in parts.items():
        held = text if isinstance(text, Packed) else repeated(text, 1)
        directory += _entry(name, held.crc32, len(held.deflated), held.size, len(made), method=8)
        fields = (20, 0, 8, 0, 0x21, held.crc32, len(held.deflated), held.size, len(name.encode()), 0)
        made += struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name.encode() + held.deflated
    count = len(wheels) + len(parts)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(made), 0)
    output.write_bytes(made + directory + end)
    output.chmod(0o755)
    return output


def with_info(file: Path, output: Path, change: Callable[[Any], object]) -> Path:
    """`file` with its PEX-INFO as `change` leaves it, at `output`."""

    def edit(parts: Parts) -> None:
        info = json.loads(parts["PEX-INFO"])
        change(info)
        parts["PEX-INFO"] = json.dumps(info).encode()

    return with_parts(file, output, edit)


def _entry(name: str, crc: int, packed: int, size: int, offset: int, method: int = 0) -> bytes:
    fields = (20 | 3 << 8, 20, 0, method, 0, 0x21, crc, packed, size, len(name.encode()), 0, 0, 0, 0)
    return struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields, 0o100644 << 16, offset) + name.encode()
