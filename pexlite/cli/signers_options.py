"""The options that say who may have signed a file, as `verify` and `push` have them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pexlite.signatures.ssh_keygen import Signers


def signers_options() -> tuple[click.Option, ...]:
    """`--signers`, and what makes it narrower."""
    return (
        click.Option(
            ["--signers"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Insist on a signature by one of these allowed signers of OpenSSH (default: none is asked for).",
        ),
        click.Option(
            ["--identity"],
            metavar="NAME",
            help="Insist on this one of the signers (default: any of them).",
        ),
        click.Option(
            ["--revoked"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Let in no key of this list of ssh-keygen, or of public keys (default: none is revoked).",
        ),
    )


def allowed_signers(
    signers: Path | str | None = None, identity: Path | str | None = None, revoked: Path | str | None = None
) -> Signers | None:
    """The signers that were named; None where none were. Raises click.UsageError for the others without them."""
    if signers is None:
        for option, value in (("--identity", identity), ("--revoked", revoked)):
            if value is not None:
                raise click.UsageError(f"{option} says which of the signers are meant, and there is no --signers")
        return None
    from pexlite.signatures.ssh_keygen import Signers

    return Signers(Path(signers), None if identity is None else str(identity), Path(revoked) if revoked else None)


def check_signed(path: Path, **who: Path | str | None) -> None:
    """Raise VerificationFailed where signers were named and none of them has signed the file at `path`."""
    signers = allowed_signers(**who)
    if signers is not None:
        from pexlite.signatures.check import signer_of

        signer_of(path, signers)
