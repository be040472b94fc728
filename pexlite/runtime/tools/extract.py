"""`extract`: the wheels and Pythons in a file, written out, each checked against its sha256."""

import hashlib
import io
import os

from .. import system
from ..cache import files
from ..file import whole
from ..file import zip as archive
from . import reassemble
from .built_file import VERIFICATION, WRITING, BuiltFile, ToolError, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import IO, Any

_PIECE = 1 << 20


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    extract = commands.add_parser(
        "extract", help="the wheels in it, and the Python that it brings, into a directory"
    )
    extract.add_argument("place", metavar="DIR")
    extract.add_argument("--force", action="store_true", help="also over files that are neither")
    extract.set_defaults(do=_extract)


def _extract(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    place = os.path.abspath(os.path.expanduser(options.place))
    with whole.opened(built_file.file) as opened:
        wheels = opened.manifest["pexlite"]["wheels"]
        own = opened.manifest["pexlite"].get("interpreters", ())
        name = "cpython-%s-%s.tar.%s"
        words = [(python["version"], python["platform"], python.get("form", "gz")) for python in own]
        wheels = wheels + [dict(python, name=name % word) for python, word in zip(own, words)]
        for wheel in wheels:
            # A wheel's name comes from the file: it must not lead out of the directory.
            if os.path.basename(wheel["name"]) != wheel["name"] or wheel["name"][:1] in ("", "."):
                raise ToolError("%r is no name of a wheel" % wheel["name"], VERIFICATION)
            path = "%s/%s" % (place, wheel["name"])
            if os.path.exists(path) and not options.force and not _is_one(path):
                raise ToolError("%s is there already, and neither wheel nor Python (--force)" % path, WRITING)
        files.make_directories(place)
        for wheel in wheels:
            _copy_wheel(opened.descriptor, wheel, place)
    pythons = ["CPython %s for %s" % (entry["version"], entry["platform"]) for entry in own]
    say(", ".join(["%s: %d wheels" % (place, len(wheels) - len(own))] + pythons))


def _is_one(path: str) -> bool:
    """Whether the file is empty, a zip that holds a .dist-info/WHEEL, or begins as an archive of a Python."""
    import zipfile

    try:
        if not os.path.getsize(path):
            return True
        if path.endswith((".tar.gz", ".tar.xz")):
            with open(path, "rb") as archive_there:
                return archive_there.read(2) in (b"\x1f\x8b", b"\xfd7")
        with zipfile.ZipFile(path) as found:
            return any([name.endswith(".dist-info/WHEEL") for name in found.namelist()])
    except (zipfile.BadZipFile, OSError):
        return False


def _copy_wheel(descriptor: int, wheel: "dict[str, Any]", directory: str) -> None:
    """Write the wheel into `directory`, replacing an older file only once it is whole. Raises Damaged."""
    path = "%s/%s" % (directory, wheel["name"])
    temporary = files.beside(path)
    handle = system.open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in checked_pieces(descriptor, wheel):
                if "recipe" not in wheel:
                    file.write(piece)
            if "recipe" in wheel:
                _write_served(descriptor, wheel, file)
        system.rename(temporary, path)
    except BaseException:
        files.remove(temporary)
        raise


def _write_served(descriptor: int, wheel: "dict[str, Any]", file: "IO[bytes]") -> None:
    """Write the wheel as its index serves it, made again of the one in the file. Raises Damaged, ToolError."""
    offset, size = wheel["recipe"]
    recipe = io.BytesIO(archive.read(descriptor, offset, size))
    line = recipe.readline()
    digest = hashlib.sha256()
    frames = archive.frames_of(wheel, wheel["name"])
    start = 0 if frames else wheel["offset"]

    def source(place: int, count: int) -> bytes:
        return archive.read(descriptor, start + place, count, frames)

    try:
        script = reassemble.Script(recipe.read, "xz")
        for piece in reassemble.pieces(script, io.BytesIO().read, [source]):
            file.write(piece)
            digest.update(piece)
        problem = "another wheel comes of it"
    except reassemble.Misfit as misfit:
        problem = str(misfit)
    if digest.hexdigest() != wheel["repacked_from"]:
        if line.split()[3:] != [b"%08x" % crc for crc in reassemble.fingerprint()]:
            problem = "zlib of this Python deflates otherwise than that of who built the file"
        raise ToolError("%s cannot be made again: %s" % (wheel["name"], problem), VERIFICATION)


def checked_pieces(descriptor: int, wheel: "dict[str, Any]") -> "Iterator[bytes]":
    """The wheel's bytes, piece by piece. Raises Damaged after the last one if its sha256 is not the manifest's."""
    digest = hashlib.sha256()
    position, end = wheel["offset"], wheel["offset"] + wheel["size"]
    while position < end:
        piece = archive.read(descriptor, position, min(_PIECE, end - position))
        position += len(piece)
        digest.update(piece)
        yield piece
    if digest.hexdigest() != wheel["sha256"]:
        raise archive.Damaged("%s has not the sha256 %s" % (wheel["name"], wheel["sha256"]))
