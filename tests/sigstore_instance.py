"""A Sigstore instance in a few keys: its certificate authority, its two logs, its trusted root, its bundles."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_SHA256 = ec.ECDSA(hashes.SHA256())
_SCTS = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_LOG_NAME = "log.test"


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    content: bytes = key.public_key().public_bytes(serialization.Encoding.DER, form)
    return content


def _id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_public(key)).digest()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _der(certificate: x509.Certificate) -> bytes:
    content: bytes = certificate.public_bytes(serialization.Encoding.DER)
    return content


@dataclass
class SigstoreInstance:
    """Makes bundles that only its own trusted root vouches for."""

    authority: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    certificates: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    """The log of certificates (RFC 6962)."""
    signatures: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    """The log of signatures (Rekor)."""
    now: datetime.datetime = field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    )

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority.test")])
        self._name = name
        self._root = (
            self._begun(name, self.authority, datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.authority.public_key()), critical=False)
            .sign(self.authority, hashes.SHA256())
        )

    def trusted_root(self) -> str:
        """The keys and certificates by which a client trusts this instance, as JSON."""
        since = {"start": (self.now - datetime.timedelta(days=1)).isoformat().replace("+00:00", "Z")}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            public = {"rawBytes": _text(_public(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since}
            return {
                "baseUrl": f"https://{_LOG_NAME}",
                "hashAlgorithm": "SHA2_256",
                "publicKey": public,
                "logId": {"keyId": _text(_id(key))},
            }

        authority = {
            "subject": {"organization": "test", "commonName": "authority.test"},
            "uri": "https://authority.test",
            "certChain": {"certificates": [{"rawBytes": _text(_der(self._root))}]},
            "validFor": since,
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.signatures)],
                "certificateAuthorities": [authority],
                "ctlogs": [log(self.certificates)],
                "timestampAuthorities": [],
            }
        )

    def bundle(self, content: bytes, identity: str, issuer: str) -> dict[str, Any]:
        """The bundle of `content`, signed by `identity`, for which `issuer` has vouched."""
        key = _key()
        certificate = self._certificate(key, identity, issuer)
        signature = key.sign(content, _SHA256)
        digest = hashlib.sha256(content).digest()
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        entry = {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
                "signature": {"content": _text(signature), "publicKey": {"content": _text(pem)}},
            },
        }
        return {
            "mediaType": BUNDLE_TYPE,
            "verificationMaterial": {
                "certificate": {"rawBytes": _text(_der(certificate))},
                "tlogEntries": [self._logged(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode())],
            },
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": _text(digest)},
                "signature": _text(signature),
            },
        }

    def _logged(self, body: bytes) -> dict[str, Any]:
        """The entry `body` as the first and only one of the log."""
        root = hashlib.sha256(b"\0" + body).digest()
        note = f"{_LOG_NAME}\n1\n{_text(root)}\n"
        marked = _text(_id(self.signatures)[:4] + self.signatures.sign(note.encode(), _SHA256))
        when = int(self.now.timestamp())
        promised = {
            "body": _text(body),
            "integratedTime": when,
            "logID": _id(self.signatures).hex(),
            "logIndex": 0,
        }
        canonical = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
        return {
            "logIndex": "0",
            "logId": {"keyId": _text(_id(self.signatures))},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
            "integratedTime": str(when),
            "inclusionPromise": {"signedEntryTimestamp": _text(self.signatures.sign(canonical, _SHA256))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _text(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 {_LOG_NAME} {marked}\n"},
            },
            "canonicalizedBody": _text(body),
        }

    def _certificate(self, key: ec.EllipticCurvePrivateKey, identity: str, issuer: str) -> x509.Certificate:
        """A certificate for ten minutes, which the log of certificates has seen."""
        names = [x509.UniformResourceIdentifier(identity) if "://" in identity else x509.RFC822Name(identity)]
        begun = (
            self._begun(x509.Name([]), key, datetime.timedelta(minutes=5))
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, issuer.encode()), critical=False)
        )
        before = begun.sign(self.authority, hashes.SHA256()).tbs_certificate_bytes
        when = int(self.now.timestamp() * 1000)
        # RFC 6962, 3.2: version 1, a timestamp of a certificate, of a precertificate, without extensions.
        seen = struct.pack("!BBQH", 0, 0, when, 1) + _id(self.authority) + len(before).to_bytes(3, "big") + before
        signature = self.certificates.sign(seen + b"\0\0", _SHA256)
        stamp = struct.pack("!B32sQH", 0, _id(self.certificates), when, 0)
        stamp += struct.pack("!BBH", 4, 3, len(signature)) + signature
        stamps = struct.pack("!HH", len(stamp) + 2, len(stamp)) + stamp
        octets = b"\x04" + (bytes([len(stamps)]) if len(stamps) < 128 else b"\x81" + bytes([len(stamps)])) + stamps
        return begun.add_extension(x509.UnrecognizedExtension(_SCTS, octets), critical=False).sign(
            self.authority, hashes.SHA256()
        )

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, around: datetime.timedelta
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - around)
            .not_valid_after(self.now + around)
        )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
