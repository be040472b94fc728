"""The project that was meant by an unknown name: an existing one with a similar spelling."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from pexlite.errors import PexliteError
from pexlite.model import IndexSettings
from pexlite.network.urls import local_path
from pexlite.resolve.explain.index_files import index_files
from pexlite.resolve.explain.well_known import IMPORTED_FROM, WELL_KNOWN

_LIKE_ENOUGH = 0.8
_MOST_ASKED = 2  # projects to look up, each by a process of pip
_LONGEST_LIST = (
    1 << 20
)  # bytes of an index's list of projects: enough for a company's, too little for a public one
_PATIENCE = 5.0  # seconds to find a suggestion, after the failure itself


def near_name(name: str, settings: IndexSettings) -> str | None:
    """The project in the indexes and --find-links of `settings` whose spelling is nearest to `name`, or None.

    An index with few projects is read as a list. Of one with a longer list only well-known projects are looked up,
    each by its own page.
    """
    wanted = canonicalize_name(name)
    listed = set(_listed(settings)) - {wanted}
    known = set() if settings.no_index else set(WELL_KNOWN) - {wanted}
    near = difflib.get_close_matches(wanted, sorted(listed | known), n=5, cutoff=_LIKE_ENOUGH)
    if wanted in IMPORTED_FROM:
        near.insert(0, IMPORTED_FROM[wanted])
    asked = 0
    for candidate in near:
        if candidate in listed:
            return candidate
        if asked < _MOST_ASKED and not settings.no_index:
            asked += 1
            if index_files(candidate, replace(settings, timeout=min(settings.timeout, _PATIENCE), retries=0)):
                return candidate
    return None


def _listed(settings: IndexSettings) -> Iterator[str]:
    """The projects of local indexes, of --find-links directories, and of indexes with a short list."""
    indexes = [settings.index_url, *settings.extra_index_urls, *(url for _, url in settings.named_indexes)]
    for location in filter(None, indexes if not settings.no_index else ()):
        if local_path(location) is not None:
            yield from (canonicalize_name(path.name) for path in _entries(location) if path.is_dir())
        elif location.startswith(("http://", "https://")):
            yield from _in_list(location, settings)
    for location in settings.find_links:
        for path in _entries(location):
            if path.name.endswith((".whl", ".tar.gz")):
                yield canonicalize_name(path.name.partition("-")[0])


def _entries(location: str) -> list[Path]:
    path = local_path(location)
    return list(path.iterdir()) if path is not None and path.is_dir() else []


def _in_list(url: str, settings: IndexSettings) -> Iterable[str]:
    """The projects on the first page of the index at `url`; none where it is too long, or cannot be read."""
    from pexlite.network.http import Connections, Limit  # brings urllib3 along

    hasty = replace(settings, timeout=min(settings.timeout, _PATIENCE), retries=0)
    try:
        page = Connections(hasty).read(f"{url.rstrip('/')}/", Limit(_LONGEST_LIST, _PATIENCE))
    except PexliteError:
        return ()
    return map(canonicalize_name, names_on(page.content.decode("utf-8", "replace")))


def names_on(page: str) -> list[str]:
    """The names on the first page of an index, in HTML or JSON (PEP 503 and 691).

    <a href="/simple/click/">click</a>
    {"meta": {"api-version": "1.0"}, "projects": [{"name": "click"}]}
    """
    if page.lstrip().startswith("{"):
        try:
            return [str(project["name"]) for project in json.loads(page)["projects"]]
        except (ValueError, KeyError, TypeError):
            return []
    return [text.strip() for text in re.findall(r"<a\b[^>]*>([^<]+)</a>", page, re.IGNORECASE)]
