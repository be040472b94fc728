"""A part of a request, read: every reader returns a `Parsed`, and together they make the `Specification`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.pylock import Pylock
from packaging.specifiers import SpecifierSet

from pexlite.model import IndexSettings, LocalSource, Problem, Root


@dataclass(frozen=True)
class Parsed:
    """A part of the requested content and settings, and the problems found while reading it."""

    roots: tuple[Root, ...] = ()
    local: tuple[LocalSource, ...] = ()
    index: IndexSettings = field(default_factory=IndexSettings)
    constraints: tuple[str, ...] = ()
    locks: tuple[tuple[Path, Pylock], ...] = ()
    requires_python: SpecifierSet | None = None
    notices: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: tuple[Path, ...] = ()
    """The files of this machine that were read for it."""
    passed_over: tuple[tuple[Path, str], ...] = ()
    """Code of this machine that a requirement does not mean although it has its name, with a notice about it."""


def problem(message: str, hint: str | None = None) -> Parsed:
    """A `Parsed` that holds one problem and nothing else."""
    return Parsed(problems=(Problem(message, hint),))


def combined(parts: Iterable[Parsed]) -> Parsed:
    """All of `parts` as one, in order."""
    whole = Parsed()
    for part in parts:
        whole = Parsed(
            roots=(*whole.roots, *part.roots),
            local=(*whole.local, *part.local),
            index=merged_index(whole.index, part.index),
            constraints=(*whole.constraints, *part.constraints),
            locks=(*whole.locks, *part.locks),
            requires_python=_both(whole.requires_python, part.requires_python),
            notices=(*whole.notices, *part.notices),
            problems=(*whole.problems, *part.problems),
            files=(*whole.files, *part.files),
            passed_over=(*whole.passed_over, *part.passed_over),
        )
    return whole


def merged_index(first: IndexSettings, second: IndexSettings) -> IndexSettings:
    """Both settings, merged as pip merges a requirements file into the command line: `second` wins single values.

    Certificates, proxies and timeouts are taken from `first`; a requirements file cannot set them.
    """
    if second == IndexSettings():
        return first
    no_index = first.no_index or second.no_index
    return replace(
        first,
        index_url=None if no_index else second.index_url or first.index_url,
        extra_index_urls=() if no_index else _unique(first.extra_index_urls, second.extra_index_urls),
        named_indexes=tuple(dict((*second.named_indexes, *first.named_indexes)).items()),
        pins=tuple(dict.fromkeys((*first.pins, *second.pins))),
        index_strategy=first.index_strategy or second.index_strategy,
        find_links=_unique(first.find_links, second.find_links),
        no_index=no_index,
        prereleases=first.prereleases or second.prereleases,
        uploaded_prior_to=second.uploaded_prior_to or first.uploaded_prior_to,
        prefer_pure=first.prefer_pure or second.prefer_pure,
        refresh=first.refresh or second.refresh,
        only_binary=_unique(first.only_binary, second.only_binary),
        no_binary=_unique(first.no_binary, second.no_binary),
        require_hashes=first.require_hashes or second.require_hashes,
        trusted_hosts=_unique(first.trusted_hosts, second.trusted_hosts),
    )


def _unique(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _both(first: SpecifierSet | None, second: SpecifierSet | None) -> SpecifierSet | None:
    if first is None or second is None:
        return first or second
    return first & second
