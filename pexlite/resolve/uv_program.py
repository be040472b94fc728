"""uv as a program: its place, and index settings in uv's options and variables.

`IndexSettings` follow pip's model. Values that may contain credentials (index URLs, proxies, find-links URLs) are
passed by environment, since `ps` shows arguments.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from pexlite.errors import UsageError
from pexlite.files.paths import is_directory, is_there
from pexlite.files.programs import find_program
from pexlite.indexes.indexes import Index, OwnIndexes, for_all, strategy_of, written_index
from pexlite.indexes.uv_configuration import uv_flag
from pexlite.model import IndexSettings
from pexlite.network.urls import local_path
from pexlite.resolve.run import Program


@dataclass(frozen=True)
class UvProgram(Program):
    """uv, run by `command`."""

    name: ClassVar[str] = "uv"

    @property
    def own_indexes(self) -> OwnIndexes:
        """The indexes that uv's own variables name, which pip does not read."""
        named = [written_index(text) for text in os.environ.get("UV_INDEX", "").split()]
        extra = [Index(url) for url in os.environ.get("UV_EXTRA_INDEX_URL", "").split()]
        default = default_index_of_uv()
        return OwnIndexes(
            first=(*named, *extra),
            default=written_index(default) if default else None,
            find_links=tuple(filter(None, os.environ.get("UV_FIND_LINKS", "").split(","))),
            trusted_hosts=frozenset(os.environ.get("UV_INSECURE_HOST", "").split()),
        )

    def variables(self, settings: IndexSettings, inherited: Mapping[str, str]) -> dict[str, str]:
        """Variables for uv. The user's own stay, except UV_DEFAULT_INDEX where pip's settings name an index."""
        # It would break sentences at the width of a terminal, which an exported COLUMNS tells even without one.
        variables = {"UV_NO_PROGRESS": "1", "NO_COLOR": "1", "COLUMNS": "100000"}
        if not _has_cache(inherited):
            variables["UV_NO_CACHE"] = "1"
        if settings.index_url:
            variables["UV_DEFAULT_INDEX"] = settings.index_url
        named = [f"{name}={url}" for name, url in for_all(settings)]
        if named or settings.extra_index_urls:
            theirs = inherited.get("UV_INDEX", "").split()
            variables["UV_INDEX"] = " ".join([*named, *theirs, *settings.extra_index_urls])
        # All of them in the variable: arguments would replace it, and URLs may contain passwords.
        links = list(filter(None, map(_link_for_uv, settings.find_links)))
        if links:
            theirs = list(filter(None, inherited.get("UV_FIND_LINKS", "").split(",")))
            variables["UV_FIND_LINKS"] = ",".join([*theirs, *links])
        if settings.certificate:
            variables["SSL_CERT_FILE"] = str(settings.certificate)
        if settings.client_certificate:
            variables["SSL_CLIENT_CERT"] = str(settings.client_certificate)
        if settings.proxy:
            variables |= {"HTTP_PROXY": settings.proxy, "HTTPS_PROXY": settings.proxy, "ALL_PROXY": settings.proxy}
        # Without a setting uv keeps its own timeout and retries, not pip's.
        usual = IndexSettings()
        if settings.timeout != usual.timeout and "UV_HTTP_TIMEOUT" not in inherited:
            variables["UV_HTTP_TIMEOUT"] = f"{settings.timeout:.0f}"
        if settings.retries != usual.retries and "UV_HTTP_RETRIES" not in inherited:
            variables["UV_HTTP_RETRIES"] = str(settings.retries)
        return variables


def _has_cache(inherited: Mapping[str, str]) -> bool:
    """Whether uv has a directory for its cache: without one that it can write to, it ends."""
    if "UV_CACHE_DIR" in inherited or os.name != "posix":
        return True
    caches = inherited.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - a text, maybe no path
    there = Path(caches, "uv")
    while not is_there(there) and there != there.parent:
        there = there.parent
    return is_directory(there) and os.access(there, os.W_OK)


def index_arguments(settings: IndexSettings) -> list[str]:
    """Options for `settings`, without values that may contain a password: see `UvProgram.variables`."""
    arguments = []
    if settings.index_strategy or settings.extra_index_urls or for_all(settings):
        # pip chooses the best version over all indexes, uv by default the first index that has the project.
        # With one index the strategy changes nothing, except that uv then reports an index that refuses access.
        arguments += ["--index-strategy", strategy_of(settings)]
    if settings.no_index:
        arguments.append("--no-index")
    if settings.refresh:
        if uv_flag("UV_OFFLINE"):
            raise UsageError(
                "--refresh asks again, and UV_OFFLINE forbids uv to ask", hint="leave one of the two out"
            )
        arguments.append("--refresh")
    if settings.prereleases:
        arguments += ["--prerelease", "allow"]
    if settings.uploaded_prior_to:
        arguments.append(f"--exclude-newer={settings.uploaded_prior_to}")
    for host in settings.trusted_hosts:
        arguments.append(f"--allow-insecure-host={host}")
    if settings.keyring_provider in ("subprocess", "import"):
        arguments += ["--keyring-provider", "subprocess"]
    return arguments


def find_uv() -> UvProgram | None:
    """The uv of the `uv` package beside pexlite, else of PATH; None where neither has it."""
    # Look for the package before importing it: a failing import would search sys.path twice.
    if importlib.util.find_spec("uv") is not None:
        import uv

        try:
            return UvProgram((os.fspath(uv.find_uv_bin()),))
        except FileNotFoundError:
            # Some distributions ship the package without its binary, which may be on PATH.
            pass
    found = find_program("uv")
    return UvProgram((str(found),)) if found else None


def default_index_of_uv() -> str | None:
    """The default index in uv's own variables, as written there; None where they name none."""
    return os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or None


def _link_for_uv(location: str) -> str | None:
    """`location` without commas, at which uv would split a variable; None for a missing path.

    pip only warns of a missing directory; uv fails.
    """
    path = local_path(location)
    if path is None:
        return location.replace(",", "%2C")
    return "file://" + quote(os.fspath(path.absolute())).replace(",", "%2C") if is_there(path) else None
