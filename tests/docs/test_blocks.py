"""The commands that the pages show work, and print what is shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import console
from tests.checkout import REPOSITORY, environment_with_pexlite
from tests.docs.pages import PAGES, text_of

_TYPED = [page for page in PAGES if console.commands(text_of(page))]


@pytest.mark.network
@pytest.mark.parametrize("page", _TYPED, ids=lambda path: path.stem)
def test_a_page_does_what_it_shows(page: Path, tmp_path: Path) -> None:
    directory = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("*.pex", "__pycache__")
    shutil.copytree(REPOSITORY / "examples", directory / "examples", ignore=ignored)
    console.assert_as_shown(page, directory, environment_with_pexlite(tmp_path))


def test_there_are_commands_on_pages() -> None:
    assert {"commands", "options", "switches"} <= {page.stem for page in _TYPED}
