"""The indexes that uv or pip would ask, in the order of their rank, and those that may not be asked at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from pexlite.addresses import mask
from pexlite.errors import IndexConfigurationError
from pexlite.model import IndexSettings
from pexlite.model.installer import Installer
from pexlite.network.urls import parts_of

FIRST_INDEX = "first-index"
FIRST_MATCH = "unsafe-first-match"
BEST_MATCH = "unsafe-best-match"
STRATEGIES = (FIRST_INDEX, FIRST_MATCH, BEST_MATCH)


@dataclass(frozen=True)
class Index:
    """A package index."""

    url: str = ""
    """Perhaps with credentials: `mask` it before it is shown. "" is the one that uv and pip ask by default."""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({mask(self.address)})" if self.name else mask(self.address)

    @property
    def address(self) -> str:
        """Its URL in full."""
        # Imported here: pip's own modules take 80 ms, and few builds have to spell the default out.
        from pip._internal.models.index import PyPI

        return self.url or str(PyPI.simple_url)

    def page(self, project: str) -> str:
        """The address of the page of `project` (PEP 503)."""
        return f"{self.address.rstrip('/')}/{canonicalize_name(project)}/"


@dataclass(frozen=True)
class Indexes:
    """The indexes of a build."""

    general: tuple[Index, ...]
    """Those that every project may come from; the first ranks highest, as uv has it: the default is the last."""
    pinned: Mapping[str, Index]
    """The one index of each project that is pinned to one, by normalised name."""

    def of(self, project: str) -> tuple[Index, ...]:
        """The indexes that `project` may come from."""
        name = canonicalize_name(project)
        return (self.pinned[name],) if name in self.pinned else self.general


def indexes_of(installer: Installer, settings: IndexSettings) -> Indexes:
    """The indexes that `installer` would ask by `settings` and, if it is uv, by the variables of its own."""
    if settings.no_index:
        return Indexes((), {})
    environment = os.environ if installer.name == "uv" else {}
    named = {name: Index(url, name) for name, url in settings.named_indexes}
    pinned: dict[str, Index] = {canonicalize_name(project): named[name] for name, project in settings.pins}
    general = [named[name] for name, _ in for_all(settings)]
    general += map(_written, environment.get("UV_INDEX", "").split())
    general += map(Index, environment.get("UV_EXTRA_INDEX_URL", "").split())
    general += map(Index, settings.extra_index_urls)
    general.append(_default(settings, environment))
    unique = {index.url.rstrip("/"): index for index in reversed(general)}
    return Indexes(tuple(reversed(unique.values())), pinned)


def for_all(settings: IndexSettings) -> list[tuple[str, str]]:
    """The named indexes but those that projects are pinned to: these are for them alone."""
    serving = {name for name, _ in settings.pins}
    return [(name, url) for name, url in settings.named_indexes if name not in serving]


def strategy_of(installer: Installer, settings: IndexSettings) -> str:
    """The way to choose where several indexes have a project: as it was asked for, else as pip does.

    Indexes that only uv's own variables name are uv's business, and it takes the first.
    """
    known_to_pip = installer.name == "pip" or settings.extra_index_urls or for_all(settings)
    return settings.index_strategy or (BEST_MATCH if known_to_pip else FIRST_INDEX)


def takes_first_index(installer: Installer, settings: IndexSettings) -> bool:
    """Whether there are several indexes, and each project has to come from the first that has it."""
    return settings.index_strategy == FIRST_INDEX and len(indexes_of(installer, settings).general) > 1


def check_encrypted(installer: Installer, settings: IndexSettings) -> None:
    """Raise IndexConfigurationError for an index without encryption that nobody has said to trust.

    pip would pass it over with a warning and take what another index has; uv would ask it.
    """
    trusted = set(settings.trusted_hosts)
    indexes = indexes_of(installer, settings)
    urls = [index.url for index in (*indexes.general, *indexes.pinned.values())]
    if installer.name == "uv":
        trusted.update(os.environ.get("UV_INSECURE_HOST", "").split())
        urls += os.environ.get("UV_FIND_LINKS", "").split(",")
    open_ones = [url for url in (*urls, *settings.find_links) if not _is_protected(url, trusted)]
    if open_ones:
        host = parts_of(open_ones[0]).netloc.rpartition("@")[2]
        raise IndexConfigurationError(
            f"{mask(open_ones[0])} would be asked without encryption, and anybody on the way could answer",
            hint=f"name its https:// address, or trust it all the same: --trusted-host {host}",
        )


def _is_protected(url: str, trusted: set[str]) -> bool:
    """Whether nobody between here and `url` can change what it says, or the person trusts it anyway."""
    parts = parts_of(url)
    if parts.scheme != "http":
        return True
    host = parts.hostname or ""
    if host == "localhost" or trusted & {host, f"{host}:{parts.port}", f"http://{host}", "*"}:
        return True
    # Imported here: hardly any index is asked without encryption.
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _default(settings: IndexSettings, environment: Mapping[str, str]) -> Index:
    said = settings.index_url or environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    return _written(said) if said else Index()


def _written(text: str) -> Index:
    """An index as uv takes it: a URL, or NAME=URL."""
    name, equals, url = text.partition("=")
    return Index(url, name) if equals and "/" not in name else Index(text)
