"""Index settings translated for uv and pip: into arguments and environment variables.

`IndexSettings` follow pip's model, with pip's configuration merged in already. What may hold credentials (index
URLs, proxies, find-links URLs) goes by environment, since arguments show in `ps`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from pexlite.files.paths import is_there
from pexlite.files.programs import search_path
from pexlite.indexes.indexes import for_all, strategy_of
from pexlite.model import IndexSettings
from pexlite.model.installer import Installer
from pexlite.network.urls import local_path

# Variables that would make pip install somewhere, read something else or write other words than asked for.
_DIVERTING = (
    "ABI|CHECK_BUILD_DEPENDENCIES|CONSTRAINT|DEST|DRY_RUN|EDITABLE|FORMAT|IMPLEMENTATION|LOG|NO_DEPS|PLATFORM"
    "|PREFIX|PYTHON|PYTHON_VERSION|QUIET|REPORT|REQUIREMENT|REQUIREMENTS_FROM_SCRIPT|REQUIRE_VIRTUALENV|ROOT|SRC"
    "|TARGET|UPGRADE|USER|VERBOSE|WHEEL_DIR"
)


def index_arguments(installer: Installer, settings: IndexSettings) -> list[str]:
    """The arguments for `settings`; `child_environment` has the rest of them."""
    return _uv_arguments(settings) if installer.name == "uv" else []


def child_environment(installer: Installer, settings: IndexSettings) -> dict[str, str]:
    """`os.environ` with the variables for `settings`, and without variables that would divert the program."""
    inherited = {name: value for name, value in os.environ.items() if not _diverts(name)}
    # They look for git, ssh, a keyring and compilers there.
    inherited["PATH"] = os.pathsep.join(search_path())
    own = _uv_variables(settings, inherited) if installer.name == "uv" else _pip_variables(settings)
    return inherited | own


def diverts(setting: str) -> bool:
    """Whether pip is never told `setting`, by its long option name, since it would do something else then."""
    return _diverts(f"PIP_{setting.upper().replace('-', '_')}")


def _diverts(name: str) -> bool:
    # PYTHONPATH would put its modules before those that a build requires: another wheel, from the same source.
    return name == "PYTHONPATH" or re.fullmatch(f"PIP_(?:{_DIVERTING})", name) is not None


# -- pip -----------------------------------------------------------------------------------------


def _pip_variables(settings: IndexSettings) -> dict[str, str]:
    """PIP_* variables, which win over pip's configuration files; `settings` hold the content of those already."""
    several = {
        "PIP_EXTRA_INDEX_URL": (*settings.extra_index_urls, *(url for _, url in for_all(settings))),
        "PIP_FIND_LINKS": tuple(map(_without_spaces, settings.find_links)),
        "PIP_TRUSTED_HOST": settings.trusted_hosts,
    }
    choices = {"PIP_ONLY_BINARY": settings.only_binary, "PIP_NO_BINARY": settings.no_binary}
    single = {
        "PIP_INDEX_URL": settings.index_url,
        "PIP_NO_INDEX": "1" if settings.no_index else None,
        "PIP_PRE": "1" if settings.prereleases else None,
        "PIP_UPLOADED_PRIOR_TO": settings.uploaded_prior_to,
        "PIP_CERT": _text(settings.certificate),
        "PIP_CLIENT_CERT": _text(settings.client_certificate),
        "PIP_PROXY": settings.proxy,
        "PIP_DEFAULT_TIMEOUT": f"{settings.timeout:g}",
        "PIP_RETRIES": str(settings.retries),
        "PIP_KEYRING_PROVIDER": settings.keyring_provider,
        # Resolving asks for hashes by an argument; a project that is built has none.
        "PIP_REQUIRE_HASHES": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COLOR": "1",
    }
    return (
        {name: " ".join(values) for name, values in several.items() if values}
        | {name: ",".join(values) for name, values in choices.items() if values}
        | {name: value for name, value in single.items() if value is not None}
    )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _without_spaces(location: str) -> str:
    """`location` written so that pip, which splits a variable at white space, reads it as one."""
    path = local_path(location)
    if path is not None and location.split() != [location]:
        return "file://" + quote(os.fspath(path.absolute()))
    return location


# -- uv ------------------------------------------------------------------------------------------


def _uv_arguments(settings: IndexSettings) -> list[str]:
    arguments = []
    if settings.index_strategy or settings.extra_index_urls or for_all(settings):
        # pip takes the best version over all indexes; uv by default the first index that has the project.
        # With one index nothing differs, except that uv then tells when that one refuses access.
        arguments += ["--index-strategy", strategy_of(Installer("uv", ()), settings)]
    if settings.no_index:
        arguments.append("--no-index")
    if settings.prereleases:
        arguments += ["--prerelease", "allow"]
    if settings.uploaded_prior_to:
        arguments.append(f"--exclude-newer={settings.uploaded_prior_to}")
    for host in settings.trusted_hosts:
        arguments.append(f"--allow-insecure-host={host}")
    if settings.keyring_provider in ("subprocess", "import"):
        arguments += ["--keyring-provider", "subprocess"]
    return arguments


def _uv_variables(settings: IndexSettings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Variables for uv. The user's own stay, except UV_DEFAULT_INDEX where pip's settings name an index."""
    variables = {"UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    if settings.index_url:
        variables["UV_DEFAULT_INDEX"] = settings.index_url
    named = [f"{name}={url}" for name, url in for_all(settings)]
    if named or settings.extra_index_urls:
        theirs = inherited.get("UV_INDEX", "").split()
        variables["UV_INDEX"] = " ".join([*named, *theirs, *settings.extra_index_urls])
    # All of them by variable, since arguments would take the place of it, and URLs may hold passwords.
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
    # Where nothing was said, uv keeps its own patience rather than pip's.
    usual = IndexSettings()
    if settings.timeout != usual.timeout and "UV_HTTP_TIMEOUT" not in inherited:
        variables["UV_HTTP_TIMEOUT"] = f"{settings.timeout:.0f}"
    if settings.retries != usual.retries and "UV_HTTP_RETRIES" not in inherited:
        variables["UV_HTTP_RETRIES"] = str(settings.retries)
    return variables


def _link_for_uv(location: str) -> str | None:
    """`location` written so that uv, which splits a variable at commas, reads it as one; None for a missing path.

    pip only warns of a directory that is not there; uv fails.
    """
    path = local_path(location)
    if path is None:
        return location.replace(",", "%2C")
    return "file://" + quote(os.fspath(path.absolute())).replace(",", "%2C") if is_there(path) else None
