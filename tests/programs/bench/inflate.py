"""Inflate every member of the wheels named, on all cores, and write nothing: the least that a first start costs.

A program of its own, `python inflate.py WHEEL…`.
"""

import os
import sys
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def main() -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        print(sum(pool.map(inflated, sys.argv[1:])), "bytes")


def inflated(wheel: str) -> int:
    """The total size, in bytes, of the wheel's inflated members."""
    total = 0
    with zipfile.ZipFile(wheel) as archive, Path(wheel).open("rb") as file:
        for entry in archive.infolist():
            file.seek(entry.header_offset + 26)
            sizes = file.read(4)
            file.seek(int.from_bytes(sizes[:2], "little") + int.from_bytes(sizes[2:], "little"), os.SEEK_CUR)
            content = file.read(entry.compress_size)
            if entry.compress_type == zipfile.ZIP_DEFLATED:
                content = zlib.decompress(content, -15, entry.file_size or 1)
            total += len(content)
    return total


if __name__ == "__main__":
    main()
