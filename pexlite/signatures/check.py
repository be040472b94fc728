"""Who has signed a built file: by the signature in it, or the one beside it."""

from __future__ import annotations

from pathlib import Path

from pexlite.errors import VerificationFailed
from pexlite.signatures.embedded import opened_unsigned, taken_out
from pexlite.signatures.ssh_keygen import Signers

SUFFIX = ".sig"
_LARGEST = 16 << 10


def is_signed(path: Path) -> bool:
    """Whether the file at `path` has a signature in it, whoever made it."""
    with path.open("rb") as file:
        return taken_out(file)[1] is not None


def signer_of(path: Path, signers: Signers) -> str:
    """The one of `signers` who has signed the file at `path`, by name.

    Raises VerificationFailed where it is nobody of them, or the file has changed; UsageError; NotABundle.
    """
    signers.check_files()
    with opened_unsigned(path) as (content, signature):
        beside = path.with_name(path.name + SUFFIX)
        if signature is None and beside.is_file():
            with beside.open("rb") as held:
                signature = held.read(_LARGEST)
        if signature is None:
            raise VerificationFailed(
                f"{path} is not signed",
                causes=[f"there is no signature in it, and no {beside}"],
                hint=f"have it signed: pexlite sign {path.name} --key KEY",
            )
        return signers.check(content, signature, str(path))
