"""Whether the file itself is what was built: its own parts, read and checked.

Python checks no CRC of what it runs out of a zip. So every first start begins here, and every boot that fails
ends here. The wheels are checked where they are unpacked.
"""

import json
import os
import struct
import zlib

from . import unzip
from .failed import fail

_NEEDED = ("PEX-INFO", "__main__.py", "__pexlite__/__init__.py", "__pexlite__/rest")
_END_SIZE = 22


class Whole:
    """An open file whose own parts are as they were built; what replaces it at its path does not matter here."""

    def __init__(self, descriptor, parts, manifest):
        self.descriptor = descriptor
        self.parts = parts
        self.manifest = manifest

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    def close(self):
        """The file can no longer be read."""
        os.close(self.descriptor)


def fail_replaced(file):
    """Exit with the two lines for a file that another one has taken the place of since Python opened it."""
    fail("%s was replaced while it started" % os.path.basename(file), "start it again")


def opened(file):
    """The Whole at the path `file`. Raises unzip.Damaged, or OSError where there is no file to read."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        parts = _own_parts(descriptor)
        manifest = json.loads(parts["PEX-INFO"].decode("utf-8"))
        _check_header(descriptor, manifest["pexlite"]["header"])
        return Whole(descriptor, parts, manifest)
    except BaseException:
        os.close(descriptor)
        raise


def _own_parts(descriptor):
    """Name and content of every part that is no wheel."""
    size = os.fstat(descriptor).st_size
    tail = unzip.read(descriptor, max(0, size - _END_SIZE), min(size, _END_SIZE))
    if len(tail) < _END_SIZE or tail[:4] != b"PK\x05\x06":
        raise unzip.Damaged("it is cut off")
    directory_size, directory = struct.unpack_from("<II", tail, 12)
    # A file past 4 GiB keeps its wheels before the zip, whose offsets count from where it begins.
    start = size - _END_SIZE - directory_size - directory
    if start < 0:
        raise unzip.Damaged("its directory has changed")
    members = unzip.read_members(descriptor, start, size - start, "the file")
    own = [member for member in members if not member.name.startswith((".deps/", ".bytecode/"))]
    missing = set(_NEEDED).difference([member.name for member in own])
    if missing:
        raise unzip.Damaged("%s is missing" % sorted(missing)[0])
    return {member.name: _content(descriptor, member) for member in own}


def _content(descriptor, member):
    # The directory's CRCs do not cover its own names, which stand before the contents too.
    name = member.name.encode("utf-8")
    if unzip.read(descriptor, member.offset + 30, len(name)) != name:
        raise unzip.Damaged("its directory has changed")
    return bytes(unzip.read_member(descriptor, member))


def _check_header(descriptor, header):
    size, crc = header
    if zlib.crc32(unzip.read(descriptor, 0, size)) & 0xFFFFFFFF != crc:
        raise unzip.Damaged("its first lines have changed")
