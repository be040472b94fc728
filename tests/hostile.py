"""Built files changed by somebody who means ill: own parts replaced, wheels left where they are."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Parts = dict[str, bytes]


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
        packed = _deflated(text)
        directory += _entry(name, zlib.crc32(text), len(packed), len(text), len(made), method=8)
        fields = (20, 0, 8, 0, 0x21, zlib.crc32(text), len(packed), len(text), len(name.encode()), 0)
        made += struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name.encode() + packed
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


def _deflated(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()
