"""The formats in which a project may come, by pip's --only-binary and --no-binary."""

from __future__ import annotations

import os
from collections.abc import Sequence

from packaging.utils import canonicalize_name

WHEEL = "wheel"
SOURCE = "source"


def only_format(project: str, only_binary: Sequence[str], no_binary: Sequence[str]) -> str:
    """The one format that `project` may have, or "" for either; names win over :all:, as in pip."""
    only, no = _names(only_binary), _names(no_binary)
    for key in (canonicalize_name(project), ":all:"):
        if key in only:
            return WHEEL
        if key in no:
            return SOURCE
    return ""


def how_to_allow_sources(project: str) -> str:
    """The end of a hint: how to lift the setting by which `project` may come as a wheel only."""
    settings = ("PIP_ONLY_BINARY", "UV_NO_BUILD", "UV_NO_BUILD_PACKAGE")
    given = [name for name in settings if os.environ.get(name)]
    if given:
        return f"let it be built from source: unset {' '.join(given)}"
    places = "the requirements file or pip's configuration (pip config list)"
    return f"let it be built from source: take {project} out of only-binary in {places}"


def _names(given: Sequence[str]) -> set[str]:
    """The names in a list as pip reads it: `:none:` cancels all before it."""
    last = max((number for number, name in enumerate(given) if name == ":none:"), default=-1)
    return {name if name.startswith(":") else canonicalize_name(name) for name in given[last + 1 :]}
