"""Index settings: the request's, over PIP_* variables, over pip's configuration files.

uv reads none of pip's configuration, so pexlite reads it, with pip's precedence, for both.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pexlite.errors import IndexConfigurationError, UsageError
from pexlite.files.paths import expanded, is_file, is_there
from pexlite.files.places import pip_configuration_files
from pexlite.indexes.dates import instant_of
from pexlite.indexes.ignored_settings import unheeded, unheeded_by_lock
from pexlite.indexes.indexes import BEST_MATCH, FIRST_INDEX, FIRST_MATCH, STRATEGIES
from pexlite.indexes.uv_configuration import uv_flag, uv_index_strategy, uv_indexes, uv_names
from pexlite.model import IndexSettings
from pexlite.network.urls import local_path, parts_of

_Value = TypeVar("_Value")

# `pip install` reads [global], then [install]; [download] may hold settings for fetching.
_SECTIONS = ("global", "download", "install")
_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
_FALSE = frozenset({"0", "false", "no", "off", "n", "f"})


def effective_settings(asked: IndexSettings) -> IndexSettings:
    """All index settings that pip would use: its configuration, its variables, and `asked` on top.

    As in pip, single values replace, and lists of options (`--find-links`, `--extra-index-url`, `--trusted-host`)
    are added to the configured ones. Raises IndexConfigurationError.
    """
    said = _configuration()
    nothing = IndexSettings()
    index_url = asked.index_url or said.get("index-url") or said.get("pypi-url")
    extra_index_urls = _unique(*_words(said, "extra-index-url"), *asked.extra_index_urls)
    # As in pip, --index-url does not undo a configured no-index.
    no_index = asked.no_index or _flag(said, "no-index")
    if not no_index:
        index_url = index_url and _index(index_url)
        extra_index_urls = tuple(map(_index, extra_index_urls))
    return replace(
        asked,
        index_url=index_url,
        extra_index_urls=extra_index_urls,
        index_strategy=_strategy(asked.index_strategy or uv_index_strategy()),
        find_links=_unique(*map(_absolute, (*_words(said, "find-links"), *asked.find_links))),
        no_index=no_index,
        prereleases=asked.prereleases or _flag(said, "pre"),
        uploaded_prior_to=_instant(asked.uploaded_prior_to, said.get("uploaded-prior-to")),
        only_binary=_unique(
            *_names(said, "only-binary"),
            *asked.only_binary,
            *([":all:"] if uv_flag("UV_NO_BUILD") else uv_names("UV_NO_BUILD_PACKAGE")),
        ),
        no_binary=_unique(*_names(said, "no-binary"), *asked.no_binary),
        require_hashes=asked.require_hashes or _flag(said, "require-hashes") or uv_flag("UV_REQUIRE_HASHES"),
        trusted_hosts=_unique(*_words(said, "trusted-host"), *asked.trusted_hosts),
        certificate=asked.certificate or _path(said.get("cert")),
        client_certificate=asked.client_certificate or _path(said.get("client-cert")),
        proxy=asked.proxy or said.get("proxy"),
        timeout=_given(asked.timeout, nothing.timeout, _number(said, "timeout", "default-timeout")),
        retries=int(_given(asked.retries, nothing.retries, _number(said, "retries"))),
        keyring_provider=asked.keyring_provider or said.get("keyring-provider"),
    )


def unheeded_settings(resolver: str, *, hears_pip: bool) -> tuple[str, ...]:
    """Notices about settings of pip, and indexes of uv, that a build by the `resolver` ignores."""
    notices = unheeded(_configuration(), resolver, hears_pip=hears_pip)
    unasked = [] if resolver == "uv" else uv_indexes()
    names = ", ".join(unasked)
    return (*notices, f"{resolver} asks no index of uv's: {names}") if unasked else notices


def settings_unheeded_by_lock() -> tuple[str, ...]:
    """Notices about settings of pip that would choose other versions than a lock has."""
    return unheeded_by_lock(_configuration())


def configured_constraints() -> tuple[str, ...]:
    """The constraint files of pip's configuration and PIP_CONSTRAINT, as absolute paths or URLs.

    Resolvers run in a directory of their own, where a relative path would lead elsewhere. Raises
    IndexConfigurationError for a file that is not there.
    """
    found = tuple(map(_absolute, _words(_configuration(), "constraint")))
    gone = next((place for place in found if (path := local_path(place)) and not is_file(path)), None)
    if gone is not None:
        where = "PIP_CONSTRAINT" if os.environ.get("PIP_CONSTRAINT") else "pip's configuration (constraint)"
        raise IndexConfigurationError(
            f"{where} names the constraints file {gone}, which is not there",
            hint="correct its path, which starts in the directory of the build, or take it out",
        )
    return found


def _index(address: str) -> str:
    """The address of an index, valid in any directory.

    Raises IndexConfigurationError for what is no such address: resolvers would say that no project is there.
    """
    path = local_path(address)
    if path is None and parts_of(address, IndexConfigurationError).scheme not in ("http", "https"):
        raise IndexConfigurationError(
            f"{address} is no address of an index", hint="an index is asked by https, http or file"
        )
    if path is not None and not is_there(expanded(path)):
        raise IndexConfigurationError(
            f"there is no {address} to find projects in",
            hint="write the whole address of the index: --index-url https://…, or a directory that is there",
        )
    return _absolute(address)


def _strategy(said: str | None) -> str | None:
    if said is not None and said not in STRATEGIES:
        raise IndexConfigurationError(
            f"there is no index strategy {said!r}",
            hint=f"take one of uv's: {FIRST_INDEX}, {FIRST_MATCH} or {BEST_MATCH}",
        )
    return said


# -- reading -------------------------------------------------------------------------------------


def _configuration() -> dict[str, str]:
    """Every value in pip's files and variables, by pip's long option name; later sources win."""
    said: dict[str, str] = {}
    by_section: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for file in pip_configuration_files():
        for section, values in _read(file).items():
            by_section[section] |= values
    for section in _SECTIONS:
        said |= {name: value for name, value in by_section[section].items() if value}
    return said | _variables()


def _variables() -> dict[str, str]:
    return {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and value and name != "PIP_CONFIG_FILE"
    }


def _read(file: Path) -> Mapping[str, dict[str, str]]:
    """The relevant sections of one configuration file; empty where there is no such file.

    [global]
    index-url = https://someone:secret-for-test@index.example/simple
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(file.read_text(encoding="utf-8"), source=str(file))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except (configparser.Error, UnicodeDecodeError, OSError) as problem:
        raise IndexConfigurationError(
            f"pip's configuration file {file} cannot be read",
            causes=[str(problem).splitlines()[0]],
            hint=f"mend it, or build without pip's configuration: PIP_CONFIG_FILE={os.devnull}",
        ) from problem
    return {
        section: {name.lower().replace("_", "-"): value for name, value in parser.items(section)}
        for section in _SECTIONS
        if parser.has_section(section)
    }


# -- values --------------------------------------------------------------------------------------


def _words(said: Mapping[str, str], name: str) -> list[str]:
    return said.get(name, "").split()


def _names(said: Mapping[str, str], name: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", said.get(name, "")) if part]


def _flag(said: Mapping[str, str], name: str) -> bool:
    value = said.get(name, "").lower()
    if value and value not in _TRUE | _FALSE:
        raise IndexConfigurationError(
            f"pip's setting {name} is {value!r}, which is neither yes nor no",
            hint=f"write {name} = true or false, or PIP_{name.upper().replace('-', '_')}=1",
        )
    return value in _TRUE


def _number(said: Mapping[str, str], *names: str) -> float | None:
    for name in names:
        with contextlib.suppress(KeyError):
            try:
                return float(said[name])
            except ValueError as problem:
                raise IndexConfigurationError(
                    f"pip's setting {name} is {said[name]!r}, which is no number",
                    hint=f"write {name} = 15, or PIP_{name.upper().replace('-', '_')}=15",
                ) from problem
    return None


def _given(asked: float, default: float, configured: float | None) -> float:
    """`asked` where it differs from its default, else the configured value."""
    return asked if asked != default or configured is None else configured


def _path(value: str | None) -> Path | None:
    return expanded(Path(value)).absolute() if value else None


def _absolute(location: str) -> str:
    """A configured location that is valid in any directory: URLs stay, paths become absolute."""
    if len(parts_of(location).scheme) > 1:
        return location
    return str(expanded(Path(location)).absolute())


def _instant(asked: str | None, configured: str | None) -> str | None:
    """The requested or configured instant, in the form that both resolvers understand."""
    if not (asked or configured):
        return None
    try:
        return instant_of(asked or configured or "")
    except (ValueError, OverflowError) as problem:
        where = "--uploaded-prior-to" if asked else "pip's setting uploaded-prior-to"
        kind = UsageError if asked else IndexConfigurationError
        raise kind(
            f"{where} {asked or configured!r} is no date",
            causes=[str(problem).lower()],
            hint="write 2026-01-31, 2026-01-31T12:00:00Z, or P7D for the last seven days",
        ) from problem


def _unique(*values: _Value) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(values))
