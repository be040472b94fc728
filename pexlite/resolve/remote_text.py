"""Text fetched from a URL as pip would: with its certificates, proxy, trusted hosts and credentials."""

from __future__ import annotations

import base64
import netrc
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from pexlite.model import IndexSettings
from pexlite.resolve.index import effective_settings

if TYPE_CHECKING:
    from urllib.request import BaseHandler

_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


def read_remote(url: str) -> bytes:
    """The bytes at `url`. Raises OSError, of which urllib's own errors are subclasses."""
    # Imported here: urllib.request costs 20 ms, and hardly anybody names a URL.
    from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

    settings = effective_settings(IndexSettings())
    parts = urlsplit(url)
    handlers: list[BaseHandler] = [HTTPSHandler(context=_tls(parts, settings))]
    if settings.proxy:
        proxy = settings.proxy if "://" in settings.proxy else f"http://{settings.proxy}"
        handlers.append(ProxyHandler({"http": proxy, "https": proxy}))
    # urllib takes what is before the @ for a part of the host's name.
    request = Request(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))  # noqa: S310
    proof = _proof(parts)
    if proof:
        # Not sent on to where the server redirects.
        request.add_unredirected_header("Authorization", proof)
    with build_opener(*handlers).open(request, timeout=settings.timeout) as answer:
        content: bytes = answer.read()
    return content


def _tls(parts: SplitResult, settings: IndexSettings) -> ssl.SSLContext:
    named = next(filter(None, map(os.environ.get, _CERTIFICATE_VARIABLES)), None)
    given = settings.certificate or (Path(named) if named else None)
    if given is None:
        context = ssl.create_default_context()
    elif given.is_dir():
        context = ssl.create_default_context(capath=given)
    else:
        context = ssl.create_default_context(cafile=given)
    if settings.client_certificate:
        context.load_cert_chain(settings.client_certificate)
    if {parts.hostname or "", f"{parts.hostname}:{parts.port}"}.intersection(settings.trusted_hosts):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _proof(parts: SplitResult) -> str | None:
    """The Authorization header from the URL itself, else from netrc; None without credentials."""
    user, password = parts.username, parts.password
    if user is None:
        place = Path(os.environ.get("NETRC") or "~/.netrc").expanduser()
        try:
            entry = netrc.netrc(place).authenticators(parts.hostname or "")
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            return None
        if entry is None:
            return None
        said = f"{entry[0]}:{entry[2] or ''}"
    else:
        said = f"{unquote(user)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(said.encode()).decode()
