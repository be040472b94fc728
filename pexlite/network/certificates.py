"""The certificate authorities that are trusted: the system's, those that settings name, certifi's.

As in pip: SSL_CERT_FILE and SSL_CERT_DIR replace the system's store, as OpenSSL reads them; PIP_CERT (or pip's
setting `cert`) and REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE name additional authorities; certifi's come last. A
trusted host needs no certificate.
"""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

import certifi

from pexlite.errors import FetchError
from pexlite.files.paths import is_directory
from pexlite.model import IndexSettings

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# On these systems an API verifies certificates, which truststore calls for every connection. Elsewhere the
# authorities are files: truststore would read them again for every connection, one at a time, and for the sixteen
# connections of a build that takes as long as all its downloads.
SYSTEM_VERIFIES = sys.platform in ("darwin", "win32")


def tls_context(settings: IndexSettings, *, trusted: bool) -> ssl.SSLContext:
    """The context for connections to a server, which may be a `trusted` host. Raises FetchError."""
    named = [] if trusted else _named(settings)
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if trusted else _with_authorities_of_the_system()
        if trusted:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        for place in named:
            file, directory = (None, place) if is_directory(place) else (place, None)
            context.load_verify_locations(cafile=file, capath=directory)
        if settings.client_certificate:
            context.load_cert_chain(settings.client_certificate)
    except OSError as problem:
        shown = ", ".join(str(path) for path in (*named, settings.client_certificate) if path)
        raise FetchError(
            f"certificates cannot be read from {shown or 'this system'}: {problem.strerror or problem}",
            hint="PIP_CERT wants a PEM file of authorities to trust, PIP_CLIENT_CERT one with key and certificate",
        ) from problem
    return context


def believe_certifi(context: ssl.SSLContext) -> None:
    """Add certifi's authorities to `context`. It takes 30 ms, so it is done only when needed."""
    context.load_verify_locations(cafile=certifi.where())


def _named(settings: IndexSettings) -> list[Path]:
    bundle = next(filter(None, map(os.environ.get, _BUNDLES)), None)
    found = [settings.certificate, Path(bundle) if bundle else None]
    return list(dict.fromkeys(filter(None, found)))


def _with_authorities_of_the_system() -> ssl.SSLContext:
    if not SYSTEM_VERIFIES:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_default_verify_paths()
        if context.cert_store_stats()["x509"] or _has_directory():
            return context
    # Also where this Python's OpenSSL was built for another path than the system's file has.
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _has_directory() -> bool:
    directory = ssl.get_default_verify_paths().capath
    return directory is not None and any(Path(directory).iterdir())
