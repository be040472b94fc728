"""Connections to servers, kept alive: the same rules for a wheel, a page and a requirements file.

Certificates, proxies, credentials, redirects, trusted hosts, timeouts and retries follow settings and environment.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning, LocationValueError
from urllib3.util import Retry, Timeout, make_headers, parse_url

from pexlite.addresses import mask
from pexlite.errors import FetchError
from pexlite.model import IndexSettings
from pexlite.network.certificates import believe_certifi, tls_context
from pexlite.network.credentials import authorization, keyring_authorization, server_of, without_credentials
from pexlite.network.failures import (
    AccessRefusedError,
    AttemptError,
    NoContentError,
    attempts,
    broken,
    is_distrust,
    refused,
)
from pexlite.network.urls import joined, parts_of
from pexlite.version import __version__

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

_MOST_REDIRECTS = 10
_CONNECTIONS_PER_HOST = 16
_CHUNK = 1 << 17
_NO_RETRY = Retry(total=False, redirect=False)


@dataclass(frozen=True)
class Limit:
    """The longest answer that is read, and the longest time for it."""

    size: int
    """Bytes."""
    seconds: float | None = None


@dataclass(frozen=True)
class Page:
    """An answer, read completely."""

    content: bytes
    url: str
    """The URL after all redirects, without credentials."""
    kind: str
    """Its Content-Type."""


@dataclass(frozen=True)
class Answer:
    """A server's final answer, before its body is read."""

    response: BaseHTTPResponse
    url: str
    """The URL after all redirects, without credentials."""
    authorized: bool
    """Whether credentials were sent."""

    def check(self) -> None:
        """Raise NoContentError unless the server answered 200."""
        if self.response.status != 200:
            wish = self.response.headers.get("Retry-After", "")
            raise refused(self.url, self.response.status, wish, authorized=self.authorized)

    def pieces(self, limit: Limit, size: int | None = None) -> Iterator[bytes]:
        """The content as it arrives; `size` is the expected size, where the caller knows it.

        Raises AttemptError where the connection ends early, NoContentError past `limit`.
        """
        said = self.response.headers.get("Content-Length", "")
        whole = size if size is not None or not said.isdecimal() else int(said)
        received, end = 0, None if limit.seconds is None else time.monotonic() + limit.seconds
        # Most servers announce the size before they send the content.
        too_much = size is None and whole is not None and whole > limit.size
        for piece in () if too_much else self.response.stream(_CHUNK, decode_content=False):
            received += len(piece)
            too_much = received > limit.size
            if too_much:
                break
            yield piece
            if end is not None and time.monotonic() > end:
                raise NoContentError(f"it takes more than {limit.seconds:g} seconds")
        if too_much:
            raise NoContentError(f"there is more than {limit.size:,} bytes of it")
        if whole is not None and received < whole:
            raise AttemptError(f"the connection ended after {received} of {whole} bytes")


class Connections:
    """All connections of one run."""

    def __init__(self, settings: IndexSettings) -> None:
        self._settings = settings
        self._pools: dict[tuple[str | None, bool], _Pool] = {}
        self._lock = threading.Lock()
        self._open: set[BaseHTTPResponse] = set()
        self._from_keyring: dict[tuple[str, str | None, int | None], str | None] = {}

    def read(self, url: str, limit: Limit, *, accept: str = "*/*") -> Page:
        """The whole page or file at `url`, with as many attempts as the settings allow. Raises FetchError."""

        def once() -> Page:
            with self.open(url, accept=accept) as answer:
                answer.check()
                content = b"".join(answer.pieces(limit))
                return Page(content, answer.url, answer.response.headers.get("Content-Type", ""))

        def attempt() -> Page:
            try:
                return once()
            except AccessRefusedError:
                if not self._ask_keyring(url):
                    raise
                return once()

        try:
            return attempts(attempt, without_credentials(url), self._settings.retries)
        except NoContentError as problem:
            raise problem.of(mask(url)) from problem

    @contextlib.contextmanager
    def open(self, url: str, *, method: str = "GET", accept: str = "*/*") -> Iterator[Answer]:
        """The answer to `method` of `url`, whatever its status.

        Redirects are followed. Credentials are sent only to the servers they are for: netrc knows hosts by name
        alone, so its passwords go to the requested server, never where that redirects. A broken connection is a
        NoContentError. Raises FetchError for a fault of the URL or the settings.
        """
        try:
            answer = self._answer(url, method, accept)
            with self._lock:
                self._open.add(answer.response)
            try:
                yield answer
            finally:
                with self._lock:
                    self._open.discard(answer.response)
                # A response read to its end has returned its connection to the pool; others are useless now.
                answer.response.close()
        except (HTTPError, ssl.SSLError, ConnectionError, TimeoutError) as problem:
            raise broken(url, problem) from problem

    def hang_up(self) -> None:
        """Wake the threads that wait for a server."""
        with self._lock:
            waiting = list(self._open)
        for response in waiting:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                response.shutdown()

    def _ask_keyring(self, url: str) -> bool:
        """Whether a keyring, which is asked once for each server, has credentials for that of `url`."""
        server = server_of(url)
        if server in self._from_keyring:
            return False
        self._from_keyring[server] = keyring_authorization(url, self._settings)
        return self._from_keyring[server] is not None

    def _answer(self, url: str, method: str, accept: str) -> Answer:
        asked = server_of(url)
        for _ in range(_MOST_REDIRECTS):
            clean = without_credentials(url)
            headers = {"User-Agent": f"pexlite/{__version__}", "Accept-Encoding": "identity", "Accept": accept}
            proof = self._from_keyring.get(server_of(url))
            proof = proof or authorization(url, self._settings, redirected=server_of(url) != asked)
            if proof:
                headers["Authorization"] = proof
            response = self._pool(clean).request(method, clean, headers, self._settings.timeout)
            location = response.get_redirect_location()
            if not location:
                return Answer(response, clean, proof is not None)
            response.drain_conn()
            url = joined(clean, location, FetchError)
            if parts_of(url, FetchError).scheme not in ("http", "https"):
                raise FetchError(f"{clean} leads to {mask(url)}, which is no web address")
        raise FetchError(f"{without_credentials(url)} redirects more than {_MOST_REDIRECTS} times")

    def _pool(self, url: str) -> _Pool:
        parts = parts_of(url, FetchError)
        host = parts.hostname or ""
        names = {host, f"{host}:{parts.port}"}
        trusted = any(given in names for given in self._settings.trusted_hosts)
        key = (_proxy(url, self._settings), trusted)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = _Pool(*key, self._settings)
            return self._pools[key]


class _Pool:
    """Connections through one proxy, or none, to servers that are all trusted or all verified."""

    def __init__(self, proxy: str | None, trusted: bool, settings: IndexSettings) -> None:
        if trusted:
            # The user trusts these hosts by name; a warning for each request says nothing new.
            urllib3.disable_warnings(InsecureRequestWarning)
        self._context = tls_context(settings, trusted=trusted)
        self._manager = _manager(proxy, self._context)
        self._may_learn = not trusted
        self._learning = threading.Lock()

    def request(self, method: str, url: str, headers: dict[str, str], timeout: float) -> BaseHTTPResponse:
        """The answer to `method` of `url`, before its body is read. Raises urllib3's errors."""
        may_learn = self._may_learn
        try:
            return self._request(method, url, headers, timeout)
        except HTTPError as problem:
            if not is_distrust(problem) or not may_learn:
                raise
            with self._learning:
                if self._may_learn:
                    believe_certifi(self._context)
                    self._may_learn = False
        return self._request(method, url, headers, timeout)

    def _request(self, method: str, url: str, headers: dict[str, str], timeout: float) -> BaseHTTPResponse:
        return self._manager.request(
            method,
            url,
            headers=headers,
            preload_content=False,
            decode_content=False,
            redirect=False,
            retries=_NO_RETRY,
            timeout=Timeout(connect=timeout, read=timeout),
        )


def _proxy(url: str, settings: IndexSettings) -> str | None:
    """The proxy for `url`: the settings', else HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; NO_PROXY wins over these."""
    parts = parts_of(url, FetchError)
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    if settings.proxy:
        return settings.proxy
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _manager(proxy: str | None, context: ssl.SSLContext) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(ssl_context=context, maxsize=_CONNECTIONS_PER_HOST)
    address = proxy if "://" in proxy else f"http://{proxy}"
    if address.startswith("socks"):
        return _socks_manager(address, context)
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


def _socks_manager(address: str, context: ssl.SSLContext) -> urllib3.PoolManager:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError as problem:
        raise FetchError(
            f"the proxy {mask(address)} speaks SOCKS, for which a package is missing",
            hint="pip install 'urllib3[socks]'",
        ) from problem
    return SOCKSProxyManager(address, ssl_context=context, maxsize=_CONNECTIONS_PER_HOST)
