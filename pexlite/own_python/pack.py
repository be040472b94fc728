"""A directory as an interpreter archive: a `.tar.gz` or `.tar.xz` that has the same bytes each time."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import tarfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Literal, cast

_SMALL = 64 << 20  # bytes; up to there a twentieth less is worth some seconds, once for many builds
_LEVEL = 10  # of libdeflate: 12 is a thousandth less, and takes twice the time
_E_MACHINE, _X86_64 = 512 + 18, 62  # where the first file, behind its header, names its machine (elf(5))
_TIME = 315532800  # 1980-01-01, the first day that a zip can have: apps may zip what they find


def pack(root: Path, output: IO[bytes], code: Collection[str] | None) -> tuple[int, Literal["gz", "xz"]]:
    """Write an archive of all that is in `root` to `output`; return how many bytes its files are, and its form.

    Sorted, owned by root, from 1980, writable by the owner alone. Links have to be relative. It is one of xz where
    `code`, the places of programs and libraries, is given, unless it is large.
    """
    entries = sorted(_entries(root))
    unpacked = sum(_size(root / path) for path in entries)
    if unpacked < _SMALL and code is not None:
        _write_smallest(root, entries, code, output)
        return unpacked, "xz"
    if unpacked < _SMALL and _write_small(root, entries, output):
        return unpacked, "gz"
    # No name and no time of the gzip format: both would differ from build to build.
    with gzip.GzipFile("", "wb", 9 if unpacked < _SMALL else 6, output, mtime=0) as packed:
        _write(root, entries, cast("IO[bytes]", packed))
    return unpacked, "gz"


def _write_smallest(root: Path, entries: list[str], code: Collection[str], output: IO[bytes]) -> None:
    """Write it as two streams of xz: programs and libraries, and all else with the tar's end.

    The launcher unpacks both at once: the first takes two thirds of the time, the second has most of the files.
    """
    parts = []
    for is_code, is_last in ((True, False), (False, True)):
        archive = io.BytesIO()
        end = _write(root, [path for path in entries if (path in code) == is_code], archive)
        parts.append((archive.getvalue() if is_last else archive.getvalue()[:end], is_code))
    with ThreadPoolExecutor(len(parts)) as pool:
        for packed in pool.map(_xz, *zip(*parts, strict=True)):
            output.write(packed)


def _xz(content: bytes, is_code: bool) -> bytes:
    # Its sha256 says more than any check; more time makes it a thousandth smaller.
    # Text has no words of four bytes, and letters tell more of what follows than of where they stand.
    of_text = {} if is_code else {"lc": 4, "pb": 0}
    lzma2 = {"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 32 << 20, "nice_len": 273, **of_text}
    is_x86 = is_code and content[_E_MACHINE] == _X86_64
    filters = [*([{"id": lzma.FILTER_X86}] if is_x86 else []), lzma2]
    return lzma.compress(content, lzma.FORMAT_XZ, lzma.CHECK_NONE, filters=filters)


def _write_small(root: Path, entries: list[str], output: IO[bytes]) -> bool:
    """Whether it was written as small as gzip's format allows: by libdeflate, where that is here."""
    try:
        import deflate
    except ImportError:
        return False
    archive = io.BytesIO()
    _write(root, entries, archive)
    output.write(deflate.gzip_compress(archive.getvalue(), _LEVEL))
    return True


def _write(root: Path, entries: list[str], output: IO[bytes]) -> int:
    """Write the entries as a tar; return how many bytes that is without the blocks that end it."""
    with tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in entries:
            member = archive.gettarinfo(root / path, path)
            member.uid = member.gid = 0
            member.mtime = _TIME
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            if member.isfile():
                with (root / path).open("rb") as file:
                    archive.addfile(member, file)
            else:
                archive.addfile(member)
        return archive.offset


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() and not path.is_symlink() else 0


def _entries(root: Path) -> list[str]:
    found = []
    for place, directories, names in os.walk(root):
        top = Path(place).relative_to(root)
        found += [str(top / name) for name in (*directories, *names)]
    return found
