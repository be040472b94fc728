"""JSON that pexlite keeps for itself, sealed: what others put in its place, or a disk has spoilt, is told from it.

    {"seal":"9f86d081…","format":5,"filename":"click-8.5.1-py3-none-any.whl",…}

The seal is a digest of the text, of the name it is kept under, and of a key. The key is made of a file beside it
and of the moment when that file came there (ctime), which no program can set: in a cache that was packed up
elsewhere and unpacked here nothing is sealed, so nobody's words go into a file, and all is made anew from the
wheels.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pexlite.files.replacing import replacing

_BYTES = 32
SEAL_LENGTH = 2 * _BYTES
"""The hex digits of a seal."""
_HEAD = b'{"seal":"'


@dataclass(frozen=True)
class Seal:
    """A key to seal with."""

    key: bytes

    def sealed(self, name: str, text: bytes) -> bytes:
        """The JSON object `text`, to be kept as `name`, with its seal in it."""
        return _HEAD + self.of(name, text).encode() + b'",' + text[1:]

    def opened(self, name: str, text: bytes) -> bytes | None:
        """The JSON object that `sealed` was given for this `name`; None for any other text."""
        found, _, rest = text.removeprefix(_HEAD).partition(b'",')
        plain = b"{" + rest
        return plain if text == self.sealed(name, plain) and found else None

    def of(self, name: str, content: bytes) -> str:
        """The seal on `content`, kept as `name`, in hex digits."""
        digest = hashlib.blake2b(name.encode() + b"\0", key=self.key, digest_size=_BYTES)
        digest.update(content)
        return digest.hexdigest()


def seal_of(directory: Path) -> Seal:
    """The seal of what lies in `directory`; its key is made where there is none yet.

    Where that cannot be written, it is a seal that nobody else has: what it seals is never found again.
    """
    path = directory / "key"
    for _ in range(2):
        with contextlib.suppress(OSError), path.open("rb") as file:
            secret, came = file.read(), os.fstat(file.fileno()).st_ctime_ns
            # After a power cut, a file may have its length and be all zeros.
            if len(secret) == _BYTES and any(secret):
                return Seal(hashlib.sha256(secret + str(came).encode()).digest())
        # Of several made at once the last one stays. Who may read the store and not write to it may know what is
        # sealed in it.
        with contextlib.suppress(OSError), replacing(path, 0o644) as file:
            file.write(secrets.token_bytes(_BYTES))
    return Seal(secrets.token_bytes(_BYTES))
