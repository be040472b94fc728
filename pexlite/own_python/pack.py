"""A directory as an interpreter archive: a `.tar.gz` that has the same bytes each time."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path
from typing import IO, cast

_SMALL = 64 << 20  # bytes; up to there a twentieth less is worth some seconds, once for many builds
_LEVEL = 10  # of libdeflate: 12 is a thousandth less, and takes twice the time
_TIME = 315532800  # 1980-01-01, the first day that a zip can have: apps may zip what they find


def pack(root: Path, output: IO[bytes]) -> int:
    """Write an archive of all that is in `root` to `output`; return how many bytes its files are.

    Sorted, owned by root, from 1980, writable by the owner alone. Links have to be relative.
    """
    entries = sorted(_entries(root))
    unpacked = sum(_size(root / path) for path in entries)
    if unpacked < _SMALL and _write_small(root, entries, output):
        return unpacked
    # No name and no time of the gzip format: both would differ from build to build.
    with gzip.GzipFile("", "wb", 9 if unpacked < _SMALL else 6, output, mtime=0) as packed:
        _write(root, entries, cast("IO[bytes]", packed))
    return unpacked


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


def _write(root: Path, entries: list[str], output: IO[bytes]) -> None:
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


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() and not path.is_symlink() else 0


def _entries(root: Path) -> list[str]:
    found = []
    for place, directories, names in os.walk(root):
        top = Path(place).relative_to(root)
        found += [str(top / name) for name in (*directories, *names)]
    return found
