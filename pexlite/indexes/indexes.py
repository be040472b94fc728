"""The indexes that uv or pip would use, by rank, and a check for indexes that are not allowed."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from packaging.utils import canonicalize_name

from pexlite.addresses import mask
from pexlite.errors import IndexConfigurationError
from pexlite.model import IndexSettings
from pexlite.network.urls import parts_of

FIRST_INDEX = "first-index"
FIRST_MATCH = "unsafe-first-match"
BEST_MATCH = "unsafe-best-match"
STRATEGIES = (FIRST_INDEX, FIRST_MATCH, BEST_MATCH)


@dataclass(frozen=True)
class Index:
    """A package index."""

    url: str = ""
    """Its URL, perhaps with credentials: `mask` it before it is shown. "" is the default of uv and pip."""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({mask(self.url)})" if self.name else mask(self.url)

    def page(self, project: str) -> str:
        """The address of the page of `project` (PEP 503)."""
        return f"{self.url.rstrip('/')}/{canonicalize_name(project)}/"


@dataclass(frozen=True)
class Indexes:
    """The indexes of a build."""

    general: tuple[Index, ...]
    """The indexes for every project. The first ranks highest; as with uv, the default is the last."""
    pinned: Mapping[str, Index]
    """The index of each project that is pinned to one, by normalised name."""

    def of(self, project: str) -> tuple[Index, ...]:
        """The indexes that `project` may come from."""
        name = canonicalize_name(project)
        return (self.pinned[name],) if name in self.pinned else self.general

    def spelt_out(self, default: str) -> Indexes:
        """These indexes with the address `default` for the one that has none, being asked by default."""
        general = tuple(index if index.url else replace(index, url=default) for index in self.general)
        return replace(self, general=general)


@dataclass(frozen=True)
class OwnIndexes:
    """The indexes in a resolver's own variables, which pip's settings do not have."""

    first: tuple[Index, ...] = ()
    """Indexes that rank before the settings' extra ones, the first highest."""
    default: Index | None = None
    """The resolver's default, unless the settings name another."""
    find_links: tuple[str, ...] = ()
    trusted_hosts: frozenset[str] = field(default_factory=frozenset)


NO_OTHERS = OwnIndexes()


def indexes_of(settings: IndexSettings, own: OwnIndexes = NO_OTHERS) -> Indexes:
    """The indexes that a resolver would use by `settings` and by its `own` variables."""
    if settings.no_index:
        return Indexes((), {})
    named = {name: Index(url, name) for name, url in settings.named_indexes}
    pinned: dict[str, Index] = {canonicalize_name(project): named[name] for name, project in settings.pins}
    general = [named[name] for name, _ in for_all(settings)]
    general += own.first
    general += map(Index, settings.extra_index_urls)
    general.append(written_index(settings.index_url) if settings.index_url else own.default or Index())
    unique = {index.url.rstrip("/"): index for index in reversed(general)}
    return Indexes(tuple(reversed(unique.values())), pinned)


def for_all(settings: IndexSettings) -> list[tuple[str, str]]:
    """The named indexes without those to which projects are pinned: these serve their projects alone."""
    serving = {name for name, _ in settings.pins}
    return [(name, url) for name, url in settings.named_indexes if name not in serving]


def strategy_of(settings: IndexSettings) -> str:
    """The strategy for projects that several indexes have: the requested one, else pip's.

    Indexes in a resolver's own variables follow its own default: uv takes the first that has the project.
    """
    known_to_pip = settings.extra_index_urls or for_all(settings)
    return settings.index_strategy or (BEST_MATCH if known_to_pip else FIRST_INDEX)


def takes_first_index(settings: IndexSettings) -> bool:
    """Whether each project comes from the first of several indexes that has it."""
    return settings.index_strategy == FIRST_INDEX and len(indexes_of(settings).general) > 1


def check_encrypted(settings: IndexSettings, own: OwnIndexes = NO_OTHERS) -> None:
    """Raise IndexConfigurationError for an unencrypted index that is not a trusted host.

    pip would skip it with a warning and use another index; uv would use it.
    """
    trusted = own.trusted_hosts.union(settings.trusted_hosts)
    indexes = indexes_of(settings, own)
    urls = [index.url for index in (*indexes.general, *indexes.pinned.values())]
    open_ones = [url for url in (*urls, *own.find_links, *settings.find_links) if not _is_protected(url, trusted)]
    if open_ones:
        host = parts_of(open_ones[0]).netloc.rpartition("@")[2]
        raise IndexConfigurationError(
            f"{mask(open_ones[0])} would be asked without encryption, and anybody on the way could answer",
            hint=f"name its https:// address, or trust it all the same: --trusted-host {host}",
        )


def _is_protected(url: str, trusted: Set[str]) -> bool:
    """Whether nobody on the way to `url` can change its content, or the builder trusts the host anyway."""
    parts = parts_of(url)
    if parts.scheme != "http":
        return True
    host = parts.hostname or ""
    if host == "localhost" or trusted & {host, f"{host}:{parts.port}", f"http://{host}", "*"}:
        return True
    # Imported here: few indexes are unencrypted.
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def written_index(text: str) -> Index:
    """The index for `text`, as uv reads it: a URL, or NAME=URL."""
    name, equals, url = text.partition("=")
    return Index(url, name) if equals and "/" not in name else Index(text)
