"""`apply`: this file made into the next one by a delta that `pexlite delta` wrote."""

import hashlib
import json
import os

from .. import system
from ..cache import files
from . import reassemble
from .built_file import USAGE, VERIFICATION, WRITING, BuiltFile, ToolError, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import IO, Any

_LONGEST_HEADER = 1 << 16


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    apply = commands.add_parser("apply", help="make the file that a delta leads to, in this one's place")
    apply.add_argument("delta", metavar="DELTA")
    apply.add_argument("-o", dest="output", metavar="NEW", help="write it there, and leave this file")
    apply.add_argument("--force", action="store_true", help="also over another file that is there")
    apply.add_argument(
        "--signers", metavar="FILE", help="insist that one of these signers of OpenSSH has signed the new file"
    )
    apply.add_argument("--identity", metavar="NAME", help="insist on this one of the signers")
    apply.set_defaults(do=_apply)


def _apply(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    target = os.path.realpath(options.output or built_file.file)
    if options.identity and not options.signers:
        raise ToolError("--identity is one of the signers: apply DELTA --signers FILE", USAGE)
    if options.output and os.path.lexists(target) and not options.force:
        raise ToolError("%s is there already (--force)" % options.output, WRITING)
    with open(options.delta, "rb") as delta, open(built_file.file, "rb") as old:
        header = _header(delta, options.delta)
        if _sha256(old) != header["old"]:
            raise ToolError(
                "%s is a delta from another file, with the sha256 %s" % (options.delta, header["old"]),
                VERIFICATION,
            )
        mode = os.fstat(old.fileno()).st_mode & 0o777
        temporary = files.beside(target)
        handle = system.open_file(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w+b") as new:
                if _put_together(delta, header, old, new) != header["new"]:
                    raise ToolError("%s is damaged: copy it here again" % options.delta, VERIFICATION)
                new.flush()
                if options.signers:
                    from . import signature

                    # The signature in the new file, else the one that came with the delta.
                    signature.signer_of(new.fileno(), options.delta, options.signers, options.identity)
                os.fchmod(new.fileno(), mode)
                os.fsync(new.fileno())
            system.rename(temporary, target)
        except BaseException:
            files.remove(temporary)
            raise
    say("wrote %s" % (options.output or built_file.name))


def _header(delta: "IO[bytes]", name: str) -> "dict[str, Any]":
    """The line of JSON at the beginning of a delta."""
    magic = delta.readline(len(reassemble.MAGIC))
    try:
        header: dict[str, Any] = json.loads(delta.readline(_LONGEST_HEADER).decode("utf-8"))
        is_known = magic == reassemble.MAGIC and header["codec"] in reassemble.CODECS
        are_texts = isinstance(header["old"], str) and isinstance(header["new"], str)
        if is_known and are_texts and isinstance(header["script"], int) and header["script"] >= 0:
            return header
    except (ValueError, KeyError, TypeError):
        pass
    raise ToolError("%s was not written by pexlite delta, or is damaged" % name, VERIFICATION)


def _put_together(delta: "IO[bytes]", header: "dict[str, Any]", old: "IO[bytes]", new: "IO[bytes]") -> str:
    """Write the new file; return its sha256."""
    descriptor, start = delta.fileno(), delta.tell()
    script = _Section(descriptor, start, header["script"])
    raw = _Section(descriptor, start + header["script"], os.fstat(descriptor).st_size)
    digest = hashlib.sha256()
    sources = [reassemble.source_of(old.fileno())]
    try:
        for piece in reassemble.pieces(reassemble.Script(script.read, header["codec"]), raw.read, sources):
            digest.update(piece)
            new.write(piece)
    except reassemble.Misfit as misfit:
        raise ToolError("the delta cannot be applied: %s" % misfit, VERIFICATION)
    return digest.hexdigest()


class _Section:
    """A part of an open file that is read from its beginning on."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self.descriptor = descriptor
        self.position = start
        self.left = size

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        piece = system.read_at(self.descriptor, min(size, self.left), self.position)
        self.position += len(piece)
        self.left -= len(piece)
        return piece


def _sha256(file: "IO[bytes]") -> str:
    digest = hashlib.sha256()
    piece = file.read(1 << 20)
    while piece:
        digest.update(piece)
        piece = file.read(1 << 20)
    return digest.hexdigest()
