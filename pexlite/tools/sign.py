"""Sign a built file by a key, beside it or in it, or by the servers of Sigstore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pexlite.archive.reader import read_manifest
from pexlite.errors import WriteError
from pexlite.files.replacing import replacing
from pexlite.signatures import sigstore_bundle
from pexlite.signatures.check import SUFFIX
from pexlite.signatures.embedded import put_in, taken_out
from pexlite.signatures.ssh_keygen import signed

_HEAD = b"-----BEGIN SSH SIGNATURE-----"


def sign_file(path: Path, key: Path, *, embed: bool = False, force: bool = False) -> Path:
    """Sign the file at `path`, and write the signature to `path`.sig or, with `embed`, into the file itself.

    A signature that is there is replaced; another file only with `force`. Returns the path that was written.
    Raises NotABundle, UsageError where the key cannot sign, WriteError.
    """
    read_manifest(path)
    beside = path.with_name(path.name + SUFFIX)
    with _failing_in_words(beside), path.open("rb") as file:
        content, _ = taken_out(file)
        if embed:
            _embed(path, content, signed(content, key))
            return path
        if beside.exists() and not force and not _is_signature(beside):
            raise WriteError(f"{beside} is there already, and no signature", hint="another name, or --force")
        text = signed(content, key)
    _write(beside, text)
    return beside


def sign_by_sigstore(path: Path, *, force: bool = False) -> Path:
    """Have Sigstore's servers sign the file at `path`, and write their bundle to `path`.sigstore.json.

    A bundle that is there is replaced; another file only with `force`. Returns the path that was written. Raises
    NotABundle, UsageError where the sigstore library is missing, FetchError, WriteError.
    """
    read_manifest(path)
    beside = path.with_name(path.name + sigstore_bundle.SUFFIX)
    if beside.exists() and not force and not sigstore_bundle.is_bundle(beside):
        raise WriteError(f"{beside} is there already, and no bundle", hint="move it, or --force")
    _write(beside, sigstore_bundle.bundle_of(path))
    return beside


def _write(beside: Path, content: bytes) -> None:
    with _failing_in_words(beside), replacing(beside) as written:
        written.write(content)


@contextmanager
def _failing_in_words(path: Path) -> Iterator[None]:
    """Raise WriteError about `path`, or the file that it names, for an OSError."""
    try:
        yield
    except OSError as failure:
        raise WriteError(
            f"cannot write {failure.filename or path}",
            causes=[failure.strerror or str(failure)],
            hint="make room there, or see who may write there: ls -ld",
        ) from failure


def _embed(path: Path, content: BinaryIO, signature: bytes) -> None:
    """Write the file at `path` anew: the unsigned `content` with `signature` in it."""
    begin, end = put_in(content, signature)
    with replacing(path, path.stat().st_mode & 0o777) as written:
        content.seek(0)
        left = begin
        while left:
            piece = content.read(min(left, 1 << 20))
            written.write(piece)
            left -= len(piece)
        written.write(end)
        os.fchmod(written.fileno(), path.stat().st_mode & 0o777)


def _is_signature(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEAD)) == _HEAD
