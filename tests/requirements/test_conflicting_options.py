"""Two options that cannot both be followed are a problem, or a notice where this misleads nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.model import BuildRequest, IndexSettings
from pexlite.requirements.conflicting_options import contradictions

ADDRESS, DAY = "https://a.example/simple", "2026-01-31T00:00:00Z"


def said(directory: Path, *, has_lock: bool = False, index: IndexSettings | None = None, **more: Any) -> list[str]:
    """The problems, marked with "!", and the notices."""
    request = BuildRequest(directory=directory, index=index or IndexSettings(), **more)
    found = list(contradictions(request, has_lock=has_lock))
    problems = [f"! {problem.message}" for parsed in found for problem in parsed.problems]
    return problems + [notice for parsed in found for notice in parsed.notices]


@pytest.mark.parametrize(
    ("index", "has_lock", "says"),
    [
        (IndexSettings(), True, None),
        (IndexSettings(prereleases=True), False, None),
        (IndexSettings(prereleases=True), True, "--pre does nothing here"),
        (IndexSettings(uploaded_prior_to=DAY), False, None),
        (IndexSettings(uploaded_prior_to=DAY), True, "! --uploaded-prior-to cannot be kept: the lock says"),
        (
            IndexSettings(uploaded_prior_to=DAY, no_index=True),
            False,
            "! --uploaded-prior-to cannot be kept: no index",
        ),
        (
            IndexSettings(uploaded_prior_to=DAY, find_links=("wheels",)),
            False,
            "--uploaded-prior-to concerns no files",
        ),
        (IndexSettings(index_url=ADDRESS, no_index=True), False, "! --index-url names an index"),
        (IndexSettings(extra_index_urls=(ADDRESS,), no_index=True), False, "! --extra-index-url names an index"),
        (IndexSettings(find_links=("wheels", ADDRESS)), False, None),
        (IndexSettings(find_links=("gone",)), False, "! there is no gone to find distributions in"),
        (IndexSettings(find_links=("/gone/for/good",)), False, "! there is no /gone/for/good to find"),
    ],
)
def test_index_options_that_cannot_be_followed_are_told(
    index: IndexSettings, has_lock: bool, says: str | None, tmp_path: Path
) -> None:
    (tmp_path / "wheels").mkdir()
    found = said(tmp_path, has_lock=has_lock, index=index)
    assert len(found) == (says is not None)
    assert not says or found[0].startswith(says)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"constraint_files": ("c.txt",), "has_lock": True}, "--constraint does nothing here"),
        ({"ignore_locks": True, "has_lock": True}, "! --no-lock asks for no lock, and a lock is named"),
        ({"ignore_locks": True, "locked": True}, "! --locked asks for a lock, and --no-lock for none"),
        ({"executable": Path("x.py"), "script": "tool"}, "! --exe x.py says what starts, and so does -c tool"),
        ({"executable": Path("x.py"), "entry_point": "a:b"}, "! --exe x.py says what starts, and so does -e a:b"),
        ({"executable": Path("x.py")}, None),
        ({"locked": True}, None),
    ],
)
def test_options_that_name_two_ways_are_told(options: dict[str, Any], says: str | None, tmp_path: Path) -> None:
    found = said(tmp_path, **options)
    assert len(found) == (says is not None)
    assert not says or found[0].startswith(says)
