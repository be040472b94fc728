"""Text fetched from a URL as pip would: with its certificates, proxy, trusted hosts and credentials."""

from __future__ import annotations

import os
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlunsplit

from pexlite.files.paths import is_directory
from pexlite.indexes.settings import effective_settings
from pexlite.model import IndexSettings
from pexlite.network.credentials import authorization
from pexlite.network.urls import parts_of

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import BaseHandler

_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")

_NOTHING = IndexSettings()


@dataclass(frozen=True)
class Limit:
    """The most that is read of an answer, and the time that it may take."""

    size: int
    """Bytes."""
    seconds: float

    def read(self, answer: HTTPResponse) -> bytes:
        """The whole of `answer`. Raises OSError where it is longer, or takes longer."""
        content, end = b"", time.monotonic() + self.seconds
        # Most servers say how much there is before they send it.
        while int(answer.headers.get("Content-Length") or 0) <= self.size:
            piece = answer.read1(1 << 16)
            content += piece
            if not piece:
                return content
            if len(content) > self.size or time.monotonic() > end:
                break
        raise OSError(f"there is more than {self.size} bytes, or it takes more than {self.seconds} seconds")


def read_remote(url: str, asked: IndexSettings = _NOTHING, limit: Limit | None = None) -> bytes:
    """The bytes at `url`, fetched as pip's configuration and `asked` say.

    Raises OSError, of which urllib's own errors are subclasses; also where there is more than `limit` allows.
    """
    # Imported here: urllib.request costs 20 ms, and hardly anybody names a URL.
    from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

    settings = effective_settings(asked)
    parts = parts_of(url)
    handlers: list[BaseHandler] = [HTTPSHandler(context=_tls(parts, settings))]
    if settings.proxy:
        proxy = settings.proxy if "://" in settings.proxy else f"http://{settings.proxy}"
        handlers.append(ProxyHandler({"http": proxy, "https": proxy}))
    # urllib takes what is before the @ for a part of the host's name.
    request = Request(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))  # noqa: S310
    proof = authorization(url, settings)
    if proof:
        # Not sent on to where the server redirects.
        request.add_unredirected_header("Authorization", proof)
    timeout = min(settings.timeout, limit.seconds) if limit else settings.timeout
    with build_opener(*handlers).open(request, timeout=timeout) as answer:
        content: bytes = limit.read(answer) if limit else answer.read()
    return content


def _tls(parts: SplitResult, settings: IndexSettings) -> ssl.SSLContext:
    named = next(filter(None, map(os.environ.get, _CERTIFICATE_VARIABLES)), None)
    given = settings.certificate or (Path(named) if named else None)
    if given is None:
        context = ssl.create_default_context()
    elif is_directory(given):
        context = ssl.create_default_context(capath=given)
    else:
        context = ssl.create_default_context(cafile=given)
    if settings.client_certificate:
        context.load_cert_chain(settings.client_certificate)
    if {parts.hostname or "", f"{parts.hostname}:{parts.port}"}.intersection(settings.trusted_hosts):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
