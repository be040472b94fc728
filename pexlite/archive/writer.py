"""A Bundle written as one file: a header, the wheels as they are, the boot. Building is copying.

The zip is written here and not by zipfile, which would read every byte again for its CRC and write ZIP64 past
2 GiB, which zipimport cannot read before Python 3.13.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from pexlite.archive.facts import main_module, pex_info
from pexlite.archive.header import header
from pexlite.archive.runtime_files import runtime_files
from pexlite.errors import WriteError
from pexlite.model import Bundle, Progress, Report, Wheel, no_report

_PLAIN_ZIP_LIMIT = 0xFFFFFFFF - (1 << 20)
_DOS_EPOCH = (0, 0x21)  # midnight, 1980-01-01
_REGULAR = 0o100644 << 16
# Stored, so that a warm start need not import zlib.
_READ_WARM = ("__pexlite__/__init__.py",)


@dataclass(frozen=True)
class Written:
    """What is on disk now."""

    build_id: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class _Entry:
    name: str
    crc32: int
    size: int
    offset: int
    compressed: int | None = None
    """Bytes when deflated; None for an entry that is stored."""

    @property
    def fields(self) -> tuple[int, ...]:
        """What the local header and the directory both say (APPNOTE.TXT 4.3.7), from the version needed on."""
        method, held = (0, self.size) if self.compressed is None else (8, self.compressed)
        return (20, 0, method, *_DOS_EPOCH, self.crc32, held, self.size, len(self.name.encode()), 0)


def write(bundle: Bundle, output: Path, version: str, report: Report = no_report) -> Written:
    """The file at `output`, executable, made by pexlite `version`.

    Up to 4 GiB the wheels are stored members of the zip; past that they lie before it, found by the offsets in
    PEX-INFO alone. The old file stays as it is until the new one is whole. Raises WriteError.
    """
    with _replacing(output) as file:
        try:
            return _fill(file, bundle, version, _copy, report)
        except OSError as failure:
            raise _cannot_write(output, failure) from failure


def measure(bundle: Bundle, version: str) -> Written:
    """What `write` would leave on disk; nothing is read and nothing is written."""

    def skip(wheel: Wheel, nowhere: BinaryIO) -> None:
        nowhere.seek(wheel.size, os.SEEK_CUR)

    return _fill(cast("BinaryIO", _Nowhere()), bundle, version, skip, no_report)


def _fill(
    file: BinaryIO, bundle: Bundle, version: str, copy: Callable[[Wheel, BinaryIO], None], report: Report
) -> Written:
    header_size = len(header(bundle))
    as_members = header_size + sum(wheel.size + 512 for wheel in bundle.wheels) < _PLAIN_ZIP_LIMIT
    offsets = _offsets(bundle.wheels, header_size, as_members)
    info = pex_info(bundle, offsets, version)
    file.write(header(bundle, info["pexlite"]["build_id"]))
    entries = _write_wheels(file, bundle.wheels, as_members, copy, report)
    zip_start = 0 if as_members else file.tell()
    for name, content in _own_files(info, bundle):
        held = _deflated(content) if name.startswith("__pexlite__/") and name not in _READ_WARM else None
        compressed = None if held is None else len(held)
        entries.append(_Entry(name, zlib.crc32(content), len(content), file.tell() - zip_start, compressed))
        file.write(_local_header(entries[-1]) + (content if held is None else held))
    file.write(_directory(entries, file.tell() - zip_start))
    return Written(build_id=info["pexlite"]["build_id"], size=file.tell())


class _Nowhere:
    """A file that only knows how long it would be."""

    def __init__(self) -> None:
        self.position = 0

    def write(self, content: bytes) -> int:
        self.position += len(content)
        return len(content)

    def seek(self, offset: int, whence: int) -> int:
        assert whence == os.SEEK_CUR
        self.position += offset
        return self.position

    def tell(self) -> int:
        return self.position


def _offsets(wheels: Sequence[Wheel], position: int, as_members: bool) -> list[int]:
    offsets = []
    for wheel in wheels:
        if as_members:
            position += 30 + len(_member_name(wheel).encode())
        offsets.append(position)
        position += wheel.size
    return offsets


def _member_name(wheel: Wheel) -> str:
    return f".deps/{wheel.filename}"


def _write_wheels(
    file: BinaryIO,
    wheels: Sequence[Wheel],
    as_members: bool,
    copy: Callable[[Wheel, BinaryIO], None],
    report: Report,
) -> list[_Entry]:
    entries = []
    total = sum(wheel.size for wheel in wheels)
    done = 0
    for wheel in wheels:
        report(Progress("write", wheel.filename, done, total))
        if as_members:
            entries.append(_Entry(_member_name(wheel), wheel.crc32, wheel.size, file.tell()))
            file.write(_local_header(entries[-1]))
        copy(wheel, file)
        done += wheel.size
    report(Progress("write", "", total, total))
    return entries


def _copy(wheel: Wheel, file: BinaryIO) -> None:
    """Append the wheel's bytes, copied by the kernel where it can."""
    file.flush()
    with wheel.path.open("rb") as source:
        left = wheel.size
        while left:
            try:
                copied = os.copy_file_range(source.fileno(), file.fileno(), left)
            except (AttributeError, OSError):
                copied = _copy_through_memory(source, file, left)
            if not copied:
                raise WriteError(
                    f"{wheel.filename} became shorter while it was copied",
                    hint="clear pexlite's cache of wheels and build again",
                )
            left -= copied
    file.seek(0, os.SEEK_END)


def _copy_through_memory(source: BinaryIO, file: BinaryIO, size: int) -> int:
    block = os.read(source.fileno(), min(size, 1 << 20))
    view = memoryview(block)
    while view:
        view = view[os.write(file.fileno(), view) :]
    return len(block)


def _own_files(info: Mapping[str, Any], bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """Everything beside the wheels: name and content."""
    yield "PEX-INFO", (json.dumps(info, indent=1, sort_keys=True) + "\n").encode()
    yield "__main__.py", main_module(info, bundle).encode()
    for name, content in runtime_files():
        yield f"__pexlite__/{name}", content


def _deflated(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()


def _local_header(entry: _Entry) -> bytes:
    return struct.pack("<4s5H3I2H", b"PK\x03\x04", *entry.fields) + entry.name.encode()


def _directory(entries: Sequence[_Entry], offset: int) -> bytes:
    """The central directory and its end record (APPNOTE.TXT 4.3.12 and 4.3.16)."""
    parts = []
    for entry in entries:
        fields = (20 | 3 << 8, *entry.fields, 0, 0, 0, _REGULAR, entry.offset)
        parts.append(struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields) + entry.name.encode())
    directory = b"".join(parts)
    count = len(entries)
    return directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), offset, 0)


@contextlib.contextmanager
def _replacing(output: Path) -> Iterator[BinaryIO]:
    """A new file beside `output` that takes its place when all went well, and is gone when not."""
    if output.is_dir():
        raise WriteError(f"{output} is a directory", hint=f"name a file in it: -o {output / 'app.pex'}")
    if output.exists() and not output.resolve().is_file():
        # As root, a file would take the place of the device: /dev/null would be gone for everybody.
        raise WriteError(f"{output} is no file that could be replaced", hint="name a file: -o app.pex")
    temporary = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        file = temporary.open("xb")
    except OSError as failure:
        raise _cannot_write(output, failure) from failure
    try:
        with file:
            os.fchmod(file.fileno(), 0o755)
            yield file
        temporary.replace(output)
    except OSError as failure:
        raise _cannot_write(output, failure) from failure
    finally:
        temporary.unlink(missing_ok=True)


def _cannot_write(output: Path, failure: OSError) -> WriteError:
    hint = "name a place that can be written with -o"
    if not output.parent.exists():
        hint = f"make its directory first: mkdir -p {output.parent}"
    return WriteError(f"cannot write {output}", causes=[failure.strerror or str(failure)], hint=hint)
