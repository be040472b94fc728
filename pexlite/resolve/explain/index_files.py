"""All files that the indexes have of one project, also those that a resolver passes over."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from pexlite.model import IndexSettings, Target
from pexlite.resolve.run import attempt
from pexlite.resolve.run_patched_pip import patched
from pexlite.resolve.uv_program import default_index_of_uv


@dataclass(frozen=True)
class IndexFile:
    """One file of a project, as its name and its index describe it."""

    filename: str
    version: Version
    tags: frozenset[Tag]
    """A wheel's tags; a source distribution has none."""
    requires_python: SpecifierSet | None = None

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel and not a source distribution."""
        return bool(self.tags)

    def takes(self, target: Target) -> bool:
        """Whether Requires-Python lets the Python of `target` in."""
        return target.takes(self.requires_python)


def index_files(project: str, settings: IndexSettings) -> tuple[IndexFile, ...]:
    """Every file of `project`, except yanked ones, in the indexes and --find-links of `settings`.

    pip reads the pages, so keyrings and all else that pip knows work here too. Empty where pip cannot read them:
    this is called when something has failed already, and that failure is the one to report.
    """
    with tempfile.TemporaryDirectory(prefix="pexlite-listing-") as scratch:
        listing = Path(scratch) / "files.json"
        program = patched(Path(scratch), Path(sys.executable), listing=listing)
        # pip ends badly, since it takes none of the files it notes.
        attempt(program, ["index", "versions", project], _with_the_index_of_uv(settings))
        if not listing.exists():
            return ()
        entries = json.loads(listing.read_text(encoding="utf-8"))
    return tuple(_read(project, entries))


def _with_the_index_of_uv(settings: IndexSettings) -> IndexSettings:
    """`settings` with the default index that uv's own variables name, where nothing else names one."""
    theirs = default_index_of_uv()
    return replace(settings, index_url=theirs) if theirs and settings.index_url is None else settings


def _read(project: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[IndexFile]:
    """The files of `project` among `entries`, each once, without files whose names cannot be parsed.

    {"filename": "click-8.5.1-py3-none-any.whl", "requires_python": ">=3.10", "yanked": false}
    """
    unique = {entry["filename"]: entry for entry in entries if not entry["yanked"]}
    for filename, entry in unique.items():
        try:
            if filename.endswith(".whl"):
                name, version, _, tags = parse_wheel_filename(filename)
            else:
                (name, version), tags = parse_sdist_filename(filename), frozenset()
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
        if name == canonicalize_name(project):
            yield IndexFile(filename, version, tags, _specifiers(entry["requires_python"]))


def _specifiers(text: str | None) -> SpecifierSet | None:
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None
