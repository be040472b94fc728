"""JSON that pexlite keeps for itself, sealed: forged or damaged files are recognised.

    {"seal":"9f86d081…","format":5,"filename":"click-8.5.1-py3-none-any.whl",…}

The seal is a digest of the text, of the name it is kept under, and of a key. The key is made of a file beside the
JSON and of that file's ctime, which no program can set. So seals from a cache that was packed elsewhere and
unpacked here are not valid: no stranger's JSON gets into a file, and everything is made anew from the wheels.
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
    """A key for sealing."""

    key: bytes

    def sealed(self, name: str, text: bytes) -> bytes:
        """The JSON object `text` with its seal, to be kept as `name`."""
        return _HEAD + self.of(name, text).encode() + b'",' + text[1:]

    def opened(self, name: str, text: bytes) -> bytes | None:
        """The JSON object that was sealed under this `name`; None for any other text."""
        found, _, rest = text.removeprefix(_HEAD).partition(b'",')
        plain = b"{" + rest
        return plain if text == self.sealed(name, plain) and found else None

    def of(self, name: str, content: bytes) -> str:
        """The seal of `content` kept as `name`, in hex digits."""
        digest = hashlib.blake2b(name.encode() + b"\0", key=self.key, digest_size=_BYTES)
        digest.update(content)
        return digest.hexdigest()


def seal_of(directory: Path) -> Seal:
    """The seal of `directory`, whose key is made if there is none.

    Where the key cannot be written, the seal is one of its own: nothing sealed with it will be found again.
    """
    path = directory / "key"
    for _ in range(2):
        with contextlib.suppress(OSError), path.open("rb") as file:
            secret, came = file.read(), os.fstat(file.fileno()).st_ctime_ns
            # After a power cut, a file may have the right length and be all zeros.
            if len(secret) == _BYTES and any(secret):
                return Seal(hashlib.sha256(secret + str(came).encode()).digest())
        # Of several keys made at once the last one stays. Others may read it: without write access to the store
        # they can put nothing sealed into it.
        with contextlib.suppress(OSError), replacing(path, 0o644) as file:
            file.write(secrets.token_bytes(_BYTES))
    return Seal(secrets.token_bytes(_BYTES))
