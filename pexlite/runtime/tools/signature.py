"""Who has signed the file, by the signature in it or beside it; docs/file.md has its form."""

import os
import re
import struct
import subprocess
import tempfile

from ..file import zip as archive
from .built_file import USAGE, VERIFICATION, ToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = b".signature"
_ARMORED = b"-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]{1,76}\n){1,200}-----END SSH SIGNATURE-----\n"
_NO_END = struct.pack("<HH4s18s", 0x7870, 22, b"PK\5\6", b"\xff" * 18)
_PIECE = 1 << 20


def signer_of(descriptor: int, path: str, signers: str, identity: "str | None") -> str:
    """The one of the allowed `signers` who has signed the open file at `path`. Raises ToolError."""
    if not os.path.isfile(signers):
        raise ToolError("there is no %s" % signers, USAGE)
    size = os.fstat(descriptor).st_size
    begin, tail, signature = _taken_out(descriptor, size)
    if not signature:
        try:
            with open(path + ".sig", "rb") as file:
                signature = file.read(1 << 14)
        except OSError:
            raise ToolError("%s is not signed: no signature is in it, and no .sig beside it" % path, VERIFICATION)
    with tempfile.NamedTemporaryFile() as held:
        held.write(signature)
        held.flush()
        words = ["-f", os.path.abspath(signers), "-s", held.name]
        if identity is None:
            code, said = _asked(["find-principals"] + words, iter(()))
            identity = said.split("\n")[0].split(",")[0] if not code else ""
        if identity:
            pieces = _pieces(descriptor, begin, tail)
            code, said = _asked(["verify", "-n", "pexlite", "-I" + identity] + words, pieces)
            if not code:
                return identity
    raise ToolError(
        "%s is not signed by %s of %s (%s)"
        % (path, identity or "anybody", signers, said.strip() or "another key"),
        VERIFICATION,
    )


def _taken_out(descriptor: int, size: int) -> "tuple[int, bytes, bytes]":
    """How much is before the signature in the file, what is behind it, and it; without one all of the file."""
    end = archive.read(descriptor, max(0, size - 22), min(22, size))
    last = 46 + len(_NAME)
    whole = (size, b"", b"")
    if len(end) < 22 or end[:4] != b"PK\5\6" or end[20:] != b"\0\0":
        return whole
    count, length, offset = struct.unpack_from("<HII", end, 10)
    before = size - 22 - length - offset
    if before < 0 or length < last:
        return whole
    entry = archive.read(descriptor, size - 22 - last, last)
    crc, held, begin = struct.unpack_from("<I", entry, 16)[0], *struct.unpack_from("<I14xI", entry, 24)
    if entry[46:] != _NAME or held > 1 << 14 or begin > offset:
        return whole
    signature = archive.read(descriptor, before + offset - held, held)
    fields = struct.pack("<5H3IH", 20, 0, 0, 0, 33, crc, held, held, len(_NAME))
    member = b"PK\3\4" + fields + struct.pack("<H", len(_NO_END)) + _NAME + _NO_END + signature
    expected = b"PK\1\2" + struct.pack("<H", 20 | 3 << 8) + fields
    expected += struct.pack("<4H2I", 0, 0, 0, 0, 0o100644 << 16, begin) + _NAME
    there = archive.read(descriptor, before + begin, offset - begin)
    if entry != expected or there != member or not re.match(_ARMORED + b"\\Z", signature):
        return whole
    tail = archive.read(descriptor, before + offset, length - last)
    tail += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count - 1, count - 1, length - last, begin, 0)
    return before + begin, tail, signature


def _pieces(descriptor: int, begin: int, tail: bytes) -> "Iterator[bytes]":
    """The file as it was signed."""
    position = 0
    while position < begin:
        piece = archive.read(descriptor, position, min(_PIECE, begin - position))
        position += len(piece)
        yield piece
    yield tail


def _asked(words: "list[str]", pieces: "Iterator[bytes]") -> "tuple[int, str]":
    """The exit code of ssh-keygen, and all that it said."""
    places = [place for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(place)]
    found = [place + "/ssh-keygen" for place in places if os.access(place + "/ssh-keygen", os.X_OK)]
    if not found:
        raise ToolError("there is no ssh-keygen on PATH: install OpenSSH 8.1 or newer", USAGE)
    with tempfile.TemporaryFile() as said:
        command = [found[0], "-Y"] + words
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said)
        if process.stdin is not None:
            try:
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
            except (BrokenPipeError, OSError):
                pass  # it has failed already, and says why
        code = process.wait()
        said.seek(0)
        words_of_it = said.read().decode("utf-8", "replace")
    if code and re.search("(unknown|illegal|invalid) option", words_of_it):
        raise ToolError("the ssh-keygen here is older than OpenSSH 8.1, and checks nothing", USAGE)
    return code, words_of_it
