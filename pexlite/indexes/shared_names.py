"""The projects of a resolution that several indexes have: a private name may have been taken on a public index."""

from __future__ import annotations

import functools
import html.parser
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from packaging.pylock import Package, Pylock

from pexlite.errors import PexliteError
from pexlite.indexes.indexes import Index, Indexes
from pexlite.model import IndexSettings
from pexlite.network.failures import NoContentError
from pexlite.network.http import Connections, Limit
from pexlite.network.urls import local_path
from pexlite.parallel import Stop, run_all

_Found = TypeVar("_Found")
_WORKERS = 16
_LARGEST = Limit(30_000_000)  # bytes of a project's page
_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = "application/vnd.pypi.simple.v1+html, text/html;q=0.5"


@dataclass(frozen=True)
class Shared:
    """A project that several indexes have, with different files."""

    package: Package
    origin: Index | None
    """The index that has the locked file; None where that is unknown."""
    others: tuple[Index, ...]

    def __str__(self) -> str:
        """A line such as "corp 1.0 came from https://a/simple, and https://b/simple has another corp"."""
        name = f"{self.package.name} {self.package.version}"
        others = " and ".join(map(str, self.others))
        came = f"{name} came from {self.origin}, and {others}" if self.origin else f"{name}: {others}"
        return f"{came} {'has' if len(self.others) == 1 else 'have'} another {self.package.name}"


@dataclass(frozen=True)
class SharedNames:
    """The shared names, and the indexes that did not answer."""

    shared: tuple[Shared, ...] = ()
    silent: tuple[Index, ...] = ()


def shared_names(lock: Pylock, indexes: Indexes, settings: IndexSettings) -> SharedNames:
    """The packages of `lock` that more than one of the general `indexes` has.

    An index with the very file that was locked does not count: it is a mirror, or the file's origin.
    """
    packages = [package for package in lock.packages if package.wheels or package.sdist]
    packages = [package for package in packages if package.name not in indexes.pinned]
    if len(indexes.general) < 2 or not packages:
        return SharedNames()
    connections = Connections(replace(settings, retries=0))  # who does not answer is told, not waited for
    asked = [(package, index) for package in packages for index in indexes.general]
    there = _at_once([functools.partial(_has, connections, index.page(found.name)) for found, index in asked])
    answers = list(zip(asked, there, strict=True))
    silent = {index for (_, index), answer in answers if answer is None}
    having = [pair for pair, answer in answers if answer]
    times = Counter(package.name for package, _ in having)
    several = [(package, index) for package, index in having if times[package.name] > 1]
    pages = _at_once([functools.partial(_files, connections, index.page(found.name)) for found, index in several])
    listed = list(zip(several, pages, strict=True))
    shared = [
        _compared(package, {index: files or {} for (other, index), files in listed if other is package})
        for package in packages
        if times[package.name] > 1
    ]
    return SharedNames(tuple(filter(None, shared)), tuple(index for index in indexes.general if index in silent))


def _compared(package: Package, pages: Mapping[Index, Mapping[str, str]]) -> Shared | None:
    """`package` with the indexes that have other files of its name; None where all have the locked one."""
    locked = {file.filename: file.hashes.get("sha256", "") for file in package.wheels or ()}
    if package.sdist:
        locked[package.sdist.filename] = package.sdist.hashes.get("sha256", "")
    same = [index for index, files in pages.items() if _lists(files, locked)]
    others = tuple(index for index in pages if index not in same)
    return Shared(package, same[0] if same else None, others) if others else None


def _lists(files: Mapping[str, str], locked: Mapping[str, str]) -> bool:
    """Whether one of the `locked` files is among `files`, with the same sha256 where both are known."""
    return any(
        name in files and (not files[name] or not digest or files[name] == digest)
        for name, digest in locked.items()
    )


# -- pages ---------------------------------------------------------------------------------------


def _at_once(jobs: Sequence[Callable[[], _Found]]) -> list[_Found]:
    found = run_all(jobs, workers=_WORKERS, stop=Stop())
    return [result for result in found if not isinstance(result, PexliteError)]


def _has(connections: Connections, page: str) -> bool | None:
    """Whether the page exists; None where its server does not say."""
    local = local_path(page)
    if local is not None:
        return local.is_dir()
    try:
        status = _status(connections, page, "HEAD")
        if status in (405, 501):
            status = _status(connections, page, "GET")
    except (NoContentError, PexliteError, OSError):
        return None
    if status in (404, 410):
        return False
    return True if status == 200 else None


def _status(connections: Connections, page: str, method: str) -> int:
    with connections.open(page, method=method) as answer:
        return answer.response.status


def _files(connections: Connections, page: str) -> Mapping[str, str] | None:
    """Each file's name on `page` with its sha256 ("" if not given); None where the page cannot be read."""
    try:
        local = local_path(page)
        if local is not None:
            return _links(page, (local / "index.html").read_text(encoding="utf-8"))
        found = connections.read(page, _LARGEST, accept=f"{_JSON}, {_HTML}")
        if "json" not in found.kind:
            return _links(found.url, found.content.decode("utf-8", "replace"))
        listed = json.loads(found.content)["files"]
        return {str(file["filename"]): str(file.get("hashes", {}).get("sha256", "")) for file in listed}
    except (PexliteError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _links(address: str, text: str) -> Mapping[str, str]:
    links = _Links(address)
    links.feed(text)
    return links.files


class _Links(html.parser.HTMLParser):
    """The files that a page links to (PEP 503)."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.files: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href:
            parts = urlsplit(urljoin(self.address, href))
            digest = parts.fragment.removeprefix("sha256=") if parts.fragment.startswith("sha256=") else ""
            self.files[unquote(parts.path).rpartition("/")[2]] = digest
