"""One value for all that fetching and building need besides what is fetched or built."""

from __future__ import annotations

from dataclasses import dataclass

from pexlite.model import IndexSettings, Report, Target
from pexlite.resolve.resolver import Resolver
from pexlite.store.store import Store


@dataclass(frozen=True)
class Workshop:
    """The place where wheels come together: where they are kept, where from, by whom, and for which targets."""

    store: Store
    settings: IndexSettings
    """The effective ones: the request's, with pip's configuration."""
    resolver: Resolver
    targets: tuple[Target, ...]
    report: Report
