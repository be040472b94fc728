"""Credentials for a server: from the URL itself, the index settings, or netrc."""

from __future__ import annotations

import base64
import functools
import netrc
import os
import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlunsplit

from pexlite.files.paths import expanded
from pexlite.model import IndexSettings
from pexlite.network.urls import parts_of

_DEFAULT_PORTS = {"http": 80, "https": 443}


def without_credentials(url: str) -> str:
    """`url` without `user:password@` and fragment, as it is sent; its parameters may still be secret."""
    parts = parts_of(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def server_of(url: str) -> tuple[str, str | None, int | None]:
    """The server of `url`: scheme, host and port."""
    return _server(parts_of(url))


def shown_server(url: str) -> str:
    """The host and port of `url`, for messages."""
    return without_credentials(url).partition("://")[2].partition("/")[0]


def authorization(url: str, settings: IndexSettings, *, redirected: bool = False) -> str | None:
    """The Authorization header for `url`; None without credentials for its host.

    Credentials in the URL win; then those of an index or find-links URL on the same server, the longest common
    path first; then netrc, unless another server has `redirected` to this one.
    """
    parts = parts_of(url)
    known = [parts, *_related(parts, settings)]
    for candidate in known:
        if candidate.username is not None and candidate.password is not None:
            return _basic(unquote(candidate.username), unquote(candidate.password))
    from_netrc = None
    if not redirected and _may_see_netrc(parts, settings, known):
        from_netrc = _from_netrc(parts.hostname or "")
    if from_netrc is not None:
        return _basic(*from_netrc)
    # A token is sent as a user without password.
    for candidate in known:
        if candidate.username:
            return _basic(unquote(candidate.username), "")
    return None


def keyring_authorization(url: str, settings: IndexSettings) -> str | None:
    """The Authorization header for `url` from the keyring that the settings name; None where it knows no entry.

    As in pip, the entry of an index on the same server comes first, then the server's own, which has no scheme.
    """
    if settings.keyring_provider in (None, "disabled"):
        return None
    # Imported here: few people have a keyring for an index.
    from pexlite.network.keyring import from_keyring

    parts = parts_of(url)
    known = [parts, *_related(parts, settings)]
    services = [without_credentials(urlunsplit(index)) for index in known[1:]]
    services += [shown_server(url)] if _may_see_netrc(parts, settings, known) else []
    user = next((unquote(each.username) for each in known if each.username), None)
    found = from_keyring(services, user, settings.keyring_provider)
    return _basic(*found) if found else None


def _related(parts: SplitResult, settings: IndexSettings) -> list[SplitResult]:
    """The URLs of `settings` on the server of `parts`, nearest path first."""
    named = [url for _, url in settings.named_indexes]
    given: Iterable[str | None] = (settings.index_url, *settings.extra_index_urls, *named, *settings.find_links)
    found = [parts_of(url) for url in given if url and "://" in url]
    found = [url for url in found if _server(url) == _server(parts)]
    return sorted(found, key=lambda url: -len(posixpath.commonprefix([url.path, parts.path])))


def _server(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _may_see_netrc(parts: SplitResult, settings: IndexSettings, known: Sequence[SplitResult]) -> bool:
    """Whether a password of netrc, whose entries have no scheme, may be sent there.

    A password meant for https must not be sent in the clear because a lock says http: that takes an http://
    address of the server in the settings, or a trusted host.
    """
    names = {parts.hostname, f"{parts.hostname}:{parts.port}"}
    return parts.scheme == "https" or len(known) > 1 or not names.isdisjoint(settings.trusted_hosts)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _from_netrc(host: str) -> tuple[str, str] | None:
    given = os.environ.get("NETRC")
    places = [Path(given)] if given else [Path("~/.netrc"), Path("~/_netrc")]
    for place in places:
        entry = _netrc_entries(expanded(place)).get(host)
        if entry is not None:
            return entry
    return None


@functools.lru_cache
def _netrc_entries(path: Path) -> dict[str, tuple[str, str]]:
    try:
        read = netrc.netrc(path)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        # As pip and curl do, ignore an unreadable netrc: a server that needs it will refuse access.
        return {}
    return {host: (login or account, password or "") for host, (login, account, password) in read.hosts.items()}
