"""Members that no wheel may have: written elsewhere, twice, over each other, or not on every system."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from pexlite.files.names import fault_of_path

_PLAIN_KINDS = frozenset({0, stat.S_IFREG, stat.S_IFDIR})
# On Windows these name devices, with any ending; and no name ends in a dot or a blank.
_RESERVED = re.compile(
    r"(?:^|/)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.[^/]*)?(?:/|$)|[. ](?:/|$)", re.IGNORECASE
)


def hostile(members: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """A sentence on each member that leads out of the wheel, occurs twice, or cannot be read everywhere."""
    seen: set[str] = set()
    directories: set[str] = set()
    for member in members:
        # orig_filename, because zipfile cuts `filename` at a NUL.
        name = member.orig_filename
        fault = fault_of_path(name.removesuffix("/"))
        if fault is not None:
            yield f"member {name!r} {fault}"
            continue
        kind = member.external_attr >> 16 & 0o170000
        if kind == stat.S_IFLNK:
            yield f"member {name} is a symbolic link"
        elif kind not in _PLAIN_KINDS:
            yield f"member {name} is a special file"
        if member.flag_bits & 1:
            yield f"member {name} is encrypted"
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield f"member {name} is compressed by method {member.compress_type}, which not every Python can read"
        if name in seen:
            yield f"member {name} is there twice"
        seen.add(name)
        directories.add(name.removesuffix("/").rpartition("/")[0])
    for file in sorted(seen & _with_parents(directories)):
        yield f"member {file} is a file and a directory"


def unportable(members: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """A sentence on each name that Windows cannot write, or that differs from another only in case."""
    names = {member.filename for member in members}
    known: dict[str, str] = {}
    for name in sorted(names | _with_parents(name.removesuffix("/").rpartition("/")[0] for name in names)):
        if name in names and _RESERVED.search(name):
            yield f"member {name} cannot be written on Windows"
        other = known.setdefault(name.removesuffix("/").casefold(), name)
        if other.removesuffix("/") != name.removesuffix("/"):
            yield f"members {other} and {name} are one file on macOS and Windows"


def _with_parents(directories: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for directory in directories:
        while directory and directory not in found:
            found.add(directory)
            directory = directory.rpartition("/")[0]
    return found
