"""A built file's sigstore bundle: who has signed the file, as a certificate and a public log say (Sigstore).

The sigstore library makes and checks it. It checks without a network, by the trusted root that it brings or that
is named; it signs by the servers of Sigstore alone. What is signed is what ssh-keygen would sign: the whole file,
without an OpenSSH signature that is in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pexlite.errors import FetchError, UsageError, VerificationFailed
from pexlite.signatures.embedded import opened_unsigned

SUFFIX = ".sigstore.json"
_LARGEST = 1 << 20


@dataclass(frozen=True)
class CertifiedSigner:
    """The one who has to have signed a file."""

    identity: str
    """The name in the certificate: an address, or the URI of a workflow."""
    issuer: str
    """The URL of the OpenID Connect server that has vouched for it."""
    bundle: Path | None = None
    """Where the bundle is; None: beside the file, with SUFFIX behind its name."""
    trusted_root: Path | None = None
    """A trusted root of Sigstore's format; None: the one of the public servers that the library brings."""


def check_installed() -> None:
    """Raise UsageError where the sigstore library is not installed."""
    if find_spec("sigstore") is None:
        raise UsageError(
            "bundles of Sigstore are made and checked by the sigstore library, which is not installed",
            hint="pip install 'pexlite[sigstore]'",
        )


def is_bundle(path: Path) -> bool:
    """Whether the file at `path` says that it is a bundle of Sigstore."""
    with path.open("rb") as file:
        return b"dev.sigstore.bundle" in file.read(_LARGEST)


def check_bundle(path: Path, signer: CertifiedSigner) -> None:
    """Raise VerificationFailed unless `signer` has signed the file at `path`, as its bundle says.

    Asks no server. Raises UsageError where the library is missing or the trusted root cannot be read.
    """
    check_installed()
    from sigstore.errors import VerificationError
    from sigstore.models import Bundle
    from sigstore.verify.policy import Identity

    place = signer.bundle or path.with_name(path.name + SUFFIX)
    digest = _digest(path)
    try:
        with place.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError as failure:
        raise VerificationFailed(
            f"{path} has no bundle of Sigstore",
            causes=[f"{place}: {failure.strerror or failure}"],
            hint="copy the bundle here too, or say where it is: --bundle FILE",
        ) from failure
    verifier = _verifier(signer.trusted_root)
    try:
        bundle = Bundle.from_json(text)
        verifier.verify_artifact(digest, bundle, Identity(identity=signer.identity, issuer=signer.issuer))
    except VerificationError as failure:
        raise VerificationFailed(
            f"{path} is not signed by {signer.identity} of {signer.issuer}",
            causes=[_in_a_line(failure)],
            hint="copy the file and its bundle here again, or see who may have signed it",
        ) from failure
    except Exception as failure:  # whatever a stranger's bundle makes the library raise
        raise VerificationFailed(
            f"{place} is no bundle of Sigstore",
            causes=[_in_a_line(failure)],
            hint="copy the file and its bundle here again",
        ) from failure


def bundle_of(path: Path) -> bytes:
    """A new bundle for the file at `path`, as JSON: Sigstore's servers have certified and logged who signs.

    Who that is they learn by the machine's own identity where it has one, as continuous integration does, else by
    a browser. Raises UsageError where the library is missing, NotABundle, and FetchError where the servers cannot
    be reached or refuse.
    """
    check_installed()
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken, Issuer, detect_credential
    from sigstore.sign import SigningContext

    digest = _digest(path)
    try:
        config = ClientTrustConfig.production()
        own = detect_credential()
        token = IdentityToken(own) if own else Issuer(config.signing_config.get_oidc_url()).identity_token()
        with SigningContext.from_trust_config(config).signer(token) as signer:
            text: str = signer.sign_artifact(digest).to_json()
            return text.encode() + b"\n"
    except Exception as failure:  # the library's own, requests', and those of what it calls
        raise FetchError(
            f"Sigstore's servers did not sign {path}",
            causes=[_in_a_line(failure)],
            hint="sign it where they can be reached, or by a key: pexlite sign FILE --key KEY",
        ) from failure


def _verifier(trusted_root: Path | None) -> Any:
    """The library's verifier. Raises UsageError where the trusted root cannot be read."""
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier

    try:
        if trusted_root is None:
            return Verifier.production(offline=True)
        return Verifier(trusted_root=TrustedRoot.from_file(str(trusted_root)))
    except Exception as failure:  # the library's own, and those of the formats that it reads
        raise UsageError(
            f"the trusted root {trusted_root or 'of Sigstore'} cannot be read",
            causes=[_in_a_line(failure)],
            hint="name a trusted_root.json: --trusted-root FILE",
        ) from failure


def _digest(path: Path) -> Any:
    """The sha256 of what is signed of the file at `path`, as the library takes it. Raises NotABundle."""
    from sigstore.hashes import Hashed

    with opened_unsigned(path) as (content, _):
        content.seek(0)
        digest = hashlib.sha256()
        while piece := content.read(1 << 20):
            digest.update(piece)
    return Hashed.model_validate({"algorithm": "SHA2_256", "digest": digest.digest()})


def _in_a_line(failure: Exception) -> str:
    words = " ".join(str(failure).split())
    return (words or type(failure).__name__)[:300]
