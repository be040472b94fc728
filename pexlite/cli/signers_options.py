"""The options that say who may have signed a file, as `verify`, `push` and `delta` have them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pexlite.signatures.sigstore_bundle import CertifiedSigner
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


def certified_options() -> tuple[click.Option, ...]:
    """`--cert-identity`, and what belongs to it, with the names that Sigstore's own commands have."""
    return (
        click.Option(
            ["--cert-identity"],
            metavar="NAME",
            help="Insist on a bundle of Sigstore whose certificate is of this address or URI (default: none).",
        ),
        click.Option(
            ["--cert-oidc-issuer"],
            metavar="URL",
            help="Who has to have vouched for --cert-identity (default: it has to be said).",
        ),
        click.Option(
            ["--bundle"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Where the bundle of --cert-identity is (default: FILE.sigstore.json).",
        ),
        click.Option(
            ["--trusted-root"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="The trusted root for --cert-identity (default: that of Sigstore's public servers).",
        ),
    )


def certified_signer(
    cert_identity: str | None, cert_oidc_issuer: str | None, bundle: Path | None, trusted_root: Path | None
) -> CertifiedSigner | None:
    """The one that was named; None where none was. Raises click.UsageError where one option lacks another."""
    if cert_identity is None:
        others = {"--cert-oidc-issuer": cert_oidc_issuer, "--bundle": bundle, "--trusted-root": trusted_root}
        for option, value in others.items():
            if value is not None:
                raise click.UsageError(f"{option} belongs to --cert-identity, which is not there")
        return None
    if cert_oidc_issuer is None:
        raise click.UsageError("any issuer may write any name: --cert-identity needs --cert-oidc-issuer")
    from pexlite.signatures.sigstore_bundle import CertifiedSigner

    return CertifiedSigner(cert_identity, cert_oidc_issuer, bundle, trusted_root)


def signed_options() -> tuple[click.Option, ...]:
    """Those of both kinds, for a command that uses no file but a signed one."""
    return (*signers_options(), *certified_options())


def signed_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `signed_options`, by the names of parameters, of all that a command was given."""
    return {str(option.name): given[str(option.name)] for option in signed_options()}


def check_signed(
    path: Path,
    cert_identity: str | None = None,
    cert_oidc_issuer: str | None = None,
    bundle: Path | None = None,
    trusted_root: Path | None = None,
    **who: Path | str | None,
) -> None:
    """Raise VerificationFailed where signers were named and none of them has signed the file at `path`."""
    certified = certified_signer(cert_identity, cert_oidc_issuer, bundle, trusted_root)
    signers = allowed_signers(**who)
    if signers is not None:
        from pexlite.signatures.check import signer_of

        signer_of(path, signers)
    if certified is not None:
        from pexlite.signatures.sigstore_bundle import check_bundle

        check_bundle(path, certified)
