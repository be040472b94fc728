"""Connections to servers, kept alive; with TLS, proxies and redirects as settings and environment say."""

from __future__ import annotations

import os
import ssl
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import urllib3
from pip._vendor import certifi
from urllib3.exceptions import InsecureRequestWarning, LocationValueError
from urllib3.util import Retry, Timeout, make_headers, parse_url

from pexlite.addresses import mask
from pexlite.errors import FetchError
from pexlite.files.paths import is_directory
from pexlite.model import IndexSettings
from pexlite.network.credentials import authorization, server_of, without_credentials
from pexlite.network.urls import joined, parts_of
from pexlite.version import __version__

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

_MOST_REDIRECTS = 10
_CONNECTIONS_PER_HOST = 16
_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
_NO_RETRY = Retry(total=False, redirect=False)


@dataclass(frozen=True)
class Answer:
    """A server's final answer, its body unread."""

    response: BaseHTTPResponse
    url: str
    """The URL after all redirects, without credentials."""
    authorized: bool
    """Whether credentials were sent."""


class Connections:
    """All connections of one run."""

    def __init__(self, settings: IndexSettings) -> None:
        self._settings = settings
        self._pools: dict[tuple[str | None, bool], urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def get(self, url: str, *, method: str = "GET", accept: str = "*/*") -> Answer:
        """The answer to `method` of `url`, redirects followed, credentials sent only to the hosts they are for.

        netrc knows hosts by name alone: its passwords go to the server that was asked, not where that leads.
        Raises urllib3's errors where there is no answer, FetchError where the URL or the settings are at fault.
        """
        asked = server_of(url)
        for _ in range(_MOST_REDIRECTS):
            clean = without_credentials(url)
            headers = {"User-Agent": f"pexlite/{__version__}", "Accept-Encoding": "identity", "Accept": accept}
            proof = authorization(url, self._settings, redirected=server_of(url) != asked)
            if proof:
                headers["Authorization"] = proof
            response = self._pool(clean).request(
                method,
                clean,
                headers=headers,
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=_NO_RETRY,
                timeout=Timeout(connect=self._settings.timeout, read=self._settings.timeout),
            )
            location = response.get_redirect_location()
            if not location:
                return Answer(response, clean, proof is not None)
            response.drain_conn()
            url = joined(clean, location, FetchError)
            if parts_of(url, FetchError).scheme not in ("http", "https"):
                raise FetchError(f"{clean} leads to {mask(url)}, which is no web address")
        raise FetchError(f"{without_credentials(url)} redirects more than {_MOST_REDIRECTS} times")

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = parts_of(url, FetchError)
        host = parts.hostname or ""
        names = {host, f"{host}:{parts.port}"}
        trusted = any(given in names for given in self._settings.trusted_hosts)
        key = (_proxy(url, self._settings), trusted)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = _make_pool(*key, self._settings)
            return self._pools[key]


def _proxy(url: str, settings: IndexSettings) -> str | None:
    """The proxy for `url`: the settings' one, else HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; NO_PROXY wins."""
    parts = parts_of(url, FetchError)
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    if settings.proxy:
        return settings.proxy
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _make_pool(proxy: str | None, trusted: bool, settings: IndexSettings) -> urllib3.PoolManager:
    if trusted:
        # The person has said so, per host; a warning for each request says nothing new.
        urllib3.disable_warnings(InsecureRequestWarning)
    context = _tls(trusted, settings)
    if proxy is None:
        return urllib3.PoolManager(ssl_context=context, maxsize=_CONNECTIONS_PER_HOST)
    address = proxy if "://" in proxy else f"http://{proxy}"
    if address.startswith("socks"):
        return _socks_pool(address, context)
    try:
        given = parse_url(address).auth
        headers = make_headers(proxy_basic_auth=unquote(given)) if given else None
        return urllib3.ProxyManager(
            without_credentials(address),
            proxy_headers=headers,
            ssl_context=context,
            proxy_ssl_context=context,
            maxsize=_CONNECTIONS_PER_HOST,
        )
    except (LocationValueError, ValueError) as problem:
        raise FetchError(f"the proxy {mask(address)} cannot be used: {mask(str(problem))}") from problem


def _socks_pool(address: str, context: ssl.SSLContext) -> urllib3.PoolManager:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError as problem:
        raise FetchError(
            f"the proxy {mask(address)} speaks SOCKS, for which a package is missing",
            hint="pip install 'urllib3[socks]'",
        ) from problem
    return SOCKSProxyManager(address, ssl_context=context, maxsize=_CONNECTIONS_PER_HOST)


def _tls(trusted: bool, settings: IndexSettings) -> ssl.SSLContext:
    given = settings.certificate or _from_environment()
    try:
        if given is None or trusted:
            context = ssl.create_default_context()
        else:
            # As in pip, these are meant instead of the system's authorities.
            file, directory = (None, given) if is_directory(given) else (given, None)
            context = ssl.create_default_context(cafile=file, capath=directory)
        if trusted:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif given is None and not context.cert_store_stats()["x509_ca"] and not _has_directory():
            # A Python whose OpenSSL knows no authorities, as python.org's on macOS: those that pip brings.
            context.load_verify_locations(cafile=certifi.where())
        if settings.client_certificate:
            context.load_cert_chain(settings.client_certificate)
    except OSError as problem:
        named = ", ".join(str(path) for path in (given, settings.client_certificate) if path)
        raise FetchError(
            f"certificates cannot be read from {named or 'this system'}: {problem.strerror or problem}",
            hint="PIP_CERT wants a PEM file of authorities to trust, PIP_CLIENT_CERT one with key and certificate",
        ) from problem
    return context


def _from_environment() -> Path | None:
    given = filter(None, map(os.environ.get, _CERTIFICATE_VARIABLES))
    return next(map(Path, given), None)


def _has_directory() -> bool:
    directory = ssl.get_default_verify_paths().capath
    return directory is not None and any(Path(directory).iterdir())
