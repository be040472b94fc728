"""A wheel -> the same wheel with uncompressed members, kept in the store (`--no-compress`).

A first start then only copies, and where the file system can share blocks not even that: large members begin at
multiples of its blocks. The file is about three times as large.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from pexlite.archive.aligned import LARGE, padding
from pexlite.model import Wheel
from pexlite.parallel import Stop
from pexlite.store.store import Store

_CHUNK = 1 << 20
_ZIP64_FIELD = 20  # bytes, which zipfile adds to the local header of a very large member


def uncompressed_wheel(wheel: Wheel, store: Store, stop: Stop) -> Wheel:
    """`wheel` rewritten uncompressed; `repacked_from` has the original's sha256."""
    key = f"aligned-{wheel.sha256}"
    known = store.built(key)
    if known is None:
        with store.incoming() as copy:
            with store.writing():
                rewrite(wheel.path, copy.path, stop)
            # local=True skips a second check: the original has been checked already.
            known = store.add(copy.path, wheel.filename, local=True)
        store.remember_built(key, known)
    return replace(known, local=wheel.local, repacked_from=wheel.sha256)


def rewrite(source: Path, target: Path, stop: Stop) -> None:
    """Write the members of the wheel `source` to `target`, uncompressed; order, modes and times stay."""
    with zipfile.ZipFile(source) as packed, zipfile.ZipFile(target, "w") as plain:
        for member in packed.infolist():
            if member.is_dir():
                continue
            entry = zipfile.ZipInfo(member.filename, member.date_time)
            entry.create_system, entry.external_attr = member.create_system, member.external_attr
            entry.file_size = member.file_size
            entry.extra = _padding(entry, plain.start_dir)
            with packed.open(member) as content, plain.open(entry, "w") as copy:
                while chunk := content.read(_CHUNK):
                    stop.check()
                    copy.write(chunk)
            entry.extra = b""  # the directory needs none


def _padding(entry: zipfile.ZipInfo, position: int) -> bytes:
    """The extra field behind which the content of `entry`, whose header is at `position`, begins with a block."""
    if entry.file_size < LARGE:
        return b""
    wide = _ZIP64_FIELD if entry.file_size * 1.05 > zipfile.ZIP64_LIMIT else 0
    return padding(position + 30 + len(entry.filename.encode()) + wide)
