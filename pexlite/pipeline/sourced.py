"""A request with the sources that its projects name for their dependencies, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pexlite.model import LocalKind
from pexlite.pipeline.prepare import Prepared

if TYPE_CHECKING:
    from pexlite.pipeline.project_indexes import Patterns


@dataclass(frozen=True)
class Sourced:
    """A request with the sources of its dependencies, ready to be resolved."""

    prepared: Prepared
    """The request with local code that is a dependency's source, and with pinned indexes."""
    patterns: Patterns | None = None
    """The patterns that pin projects to indexes once they are found; None without any."""
    notices: tuple[str, ...] = ()


def may_name_sources(prepared: Prepared) -> bool:
    """Whether the request has a project, or requirements of a file that may name sources."""
    projects = any(entry.source.kind is LocalKind.PROJECT for entry in prepared.local)
    return projects or any(root.written_in is not None for root in prepared.specification.roots)
