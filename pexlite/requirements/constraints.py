"""Constraints behind a URL, read by pexlite: uv and pip would fill environment variables into them."""

from __future__ import annotations

from pathlib import Path

from pexlite.addresses import mask
from pexlite.errors import UsageError
from pexlite.model import IndexSettings
from pexlite.requirements.lines import requirement_line
from pexlite.requirements.requirements_txt import read_requirements


def lines_behind(url: str, index: IndexSettings, above: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The constraints at `url` and in the files it names, as lines for uv and pip. Raises UsageError.

    They are fetched by the settings of `index` and of pip's configuration.
    """
    found = read_requirements(url, Path(), above, index)
    problems = [problem.message for problem in found.problems]
    if found.index != IndexSettings():
        problems.append("it sets options of an index, which constraints do not")
    if problems:
        raise UsageError(f"the constraints at {mask(url)} cannot be used", causes=problems)
    lines = [requirement_line(str(root.requirement), root.hashes) for root in found.roots]
    nested = (lines_behind(deeper, index, (*above, url)) for deeper in found.constraints)
    return (*lines, *(line for more in nested for line in more))
