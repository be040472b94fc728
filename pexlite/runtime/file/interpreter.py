"""The Python that the file brings, as it is unpacked: compared with the archive in the file, marked as damaged.

A start only finds the damage. The launcher at the beginning of the file, which needs no Python, unpacks it again
when it finds the mark.
"""

import os
import sys

from ..app.own import mark_interpreter
from ..start import LAYOUT
from . import zip as archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# How an app fails that misses a file of its Python, or finds it cut off.
_OF_DAMAGE = (ImportError, SyntaxError, AttributeError, EOFError, ValueError, OSError)


def of_this_process(manifest: "dict[str, Any]") -> "dict[str, Any] | None":
    """The entry in the manifest of the Python that runs this process; None for a Python of the host's."""
    name = sys.base_prefix.rpartition("/%s/interpreters/" % LAYOUT)[2]
    for entry in manifest["pexlite"].get("interpreters", ()):
        if entry["sha256"][:32] == name:
            found: dict[str, Any] = entry
            return found
    return None


def damage(descriptor: int, manifest: "dict[str, Any]", kind: "type[BaseException]") -> "list[str]":
    """The faults of the Python of this process, which is marked then; [] where `kind` does not look like one.

    `descriptor` is that of the file. Raises OSError where the mark cannot be written.
    """
    entry = of_this_process(manifest) if issubclass(kind, _OF_DAMAGE) else None
    found = list(problems(descriptor, entry, sys.base_prefix)) if entry else []
    if found:
        mark_interpreter(sys.base_prefix)
    return found


def problems(descriptor: int, entry: "dict[str, Any]", place: str, by_content: bool = False) -> "Iterator[str]":
    """The faults of the Python unpacked at `place`, by names and sizes, and if `by_content` by every byte.

    `descriptor` is that of the file, where the archive with this `entry` in the manifest is. Raises Damaged.
    """
    import tarfile
    import zlib

    part = _Part(descriptor, entry)  # type: Any
    mode = "r|gz"
    failures = (tarfile.TarError, EOFError, zlib.error)  # type: tuple[type[Exception], ...]
    if entry.get("form") == "xz":
        # Only then: not every Python has it. tarfile's own way reads no more than one stream.
        import lzma

        part, mode, failures = lzma.LZMAFile(part), "r|", (*failures, lzma.LZMAError)
    try:
        with tarfile.open(fileobj=part, mode=mode) as members:  # type: ignore[call-overload]
            for member in members:
                content = members.extractfile(member).read() if by_content and member.isreg() else None
                words = _fault(place + "/" + member.name, member, content)
                if words:
                    yield "%s %s" % (member.name, words)
    except failures as failure:
        raise archive.Damaged("the Python in it has changed (%s)" % failure)


def _fault(path: str, member: "Any", content: "bytes | None") -> str:
    """The fault of one file, link or directory; "" where it has none."""
    try:
        if member.isdir():
            return "" if os.path.isdir(path) else "is missing"
        if member.issym():
            return "" if os.readlink(path) == member.linkname else "leads elsewhere"
        found = os.stat(path)
    except OSError:
        return "is missing"
    if found.st_size != member.size:
        return "has %d bytes of %d" % (found.st_size, member.size)
    if member.mode & 0o100 and not found.st_mode & 0o100:
        return "is no program any more"
    if content is not None:
        with open(path, "rb") as file:
            return "" if file.read() == content else "has changed"
    return ""


class _Part:
    """The bytes of an archive in the file, to read once from the first to the last."""

    def __init__(self, descriptor: int, entry: "dict[str, Any]") -> None:
        self.descriptor = descriptor
        self.offset = entry["offset"]
        self.end = entry["offset"] + entry["size"]

    def read(self, size: int) -> bytes:
        """The next bytes, `size` at most."""
        content = archive.read(self.descriptor, self.offset, min(size, self.end - self.offset))
        self.offset += len(content)
        return content
