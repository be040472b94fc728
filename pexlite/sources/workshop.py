"""The one value with everything that fetching and building need beside their own input."""

from __future__ import annotations

from dataclasses import dataclass

from pexlite.model import IndexSettings, Report, Target
from pexlite.resolve.resolver import Resolver
from pexlite.store.store import Store


@dataclass(frozen=True)
class Workshop:
    """The needs of fetching and building: a store, settings, a resolver, the targets, and a report."""

    store: Store
    settings: IndexSettings
    """The effective settings: the request's, merged with pip's configuration."""
    resolver: Resolver
    targets: tuple[Target, ...]
    report: Report
