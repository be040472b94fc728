"""The indexes that projects name, put in order with the builder's own; projects pinned to one by a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from packaging.utils import canonicalize_name

from pexlite.errors import UsageError
from pexlite.listed import listed
from pexlite.model import IndexSettings
from pexlite.requirements.declared.follow import Followed
from pexlite.requirements.declared.said import DEFAULT, DeclaredIndex
from pexlite.requirements.parsed import merged_index
from pexlite.resolve.resolver import Resolver

_PUBLIC = "pypi"


def with_indexes(
    settings: IndexSettings, followed: Followed, asked: IndexSettings, resolver: Resolver
) -> IndexSettings:
    """`settings` with the indexes that a project names; the builder's own, `asked` for in this build, win."""
    said, general = followed.parsed.index, followed.general
    if settings.no_index or (said == IndexSettings() and general == (DEFAULT,)):
        return settings
    if asked.index_url or resolver.program.own_indexes.default:
        # The builder's index takes the place of the project's default, and comes after all others.
        general = (*(index for index in general if index != DEFAULT and not index.replaces_default), DEFAULT)
    *before, last = general
    needs_default = DEFAULT in before or not all(url for _, url in said.named_indexes)
    default = default_address(settings, asked, resolver) if needs_default else ""
    merged = merged_index(
        settings, replace(said, extra_index_urls=tuple(index.url or default for index in before))
    )
    pinned = {canonicalize_name(project) for _, project in settings.pins}
    return replace(
        merged,
        index_url=settings.index_url if last == DEFAULT else last.url,
        named_indexes=tuple((name, url or default) for name, url in merged.named_indexes),
        pins=(*settings.pins, *(pin for pin in said.pins if canonicalize_name(pin[1]) not in pinned)),
    )


def default_address(settings: IndexSettings, asked: IndexSettings, resolver: Resolver) -> str:
    """The address of the index that is asked by default, to be spelt out where another comes after it."""
    # Imported here: few projects have their own order of indexes.
    from pexlite.resolve.run_patched_pip import default_index

    alone = replace(settings, no_index=False, named_indexes=(), pins=())
    return resolver.indexes(resolver.heeded(alone, asked)).spelt_out(default_index()).general[-1].url


@dataclass(frozen=True)
class Patterns:
    """The patterns by which projects come from one index alone, or never from one."""

    general: tuple[DeclaredIndex, ...] = ()
    """The indexes for all other projects, each with its address; () where there is no pattern."""

    def beside(self, followed: Followed, default: str) -> Patterns:
        """These patterns with those of another project; `default` is the address of the resolver's default."""
        known = [DeclaredIndex(_PUBLIC, default) if index == DEFAULT else index for index in followed.general]
        return Patterns((*self.general, *known))

    def pinned(self, settings: IndexSettings, projects: Iterable[str]) -> IndexSettings:
        """`settings` with those of `projects` pinned that a pattern speaks of.

        Raises UsageError for a project that several indexes are left for.
        """
        have = {canonicalize_name(project) for _, project in settings.pins}
        new = sorted(set(map(canonicalize_name, projects)) - have)
        pins = [(index, project) for project in new if (index := self._index_of(project)) is not None]
        named = {index.name: index.url for index, _ in pins} | dict(settings.named_indexes)
        return replace(
            settings,
            named_indexes=tuple(named.items()),
            pins=(*settings.pins, *((index.name, project) for index, project in pins)),
        )

    def _index_of(self, project: str) -> DeclaredIndex | None:
        for index in self.general:
            if _matches(project, index.only):
                return index
        left = [index for index in self.general if not _matches(project, index.never)]
        if len(left) == len(self.general):
            return None
        if len(left) == 1:
            return left[0]
        names = listed(list(map(str, left)))
        raise UsageError(
            f"{project} may come from each of {names or 'no index'}, and not from another that is asked",
            causes=["[[tool.pdm.source]] has exclude_packages for it"],
            hint=f"say which it comes from: --index NAME=URL --from NAME={project}",
        )


def _matches(project: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(project, re.sub(r"[-_.]+", "-", pattern).lower()) for pattern in patterns)
