"""Pages of `pexlite report` in a real browser. `nox -s browser` runs these; the default run has no browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pexlite.report.page import page_of
from pexlite.report.summary import report_on
from tests.browser.chromium import HOME
from tests.report.many_wheels import file_of_many

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

collect_ignore_glob = [] if os.environ.get(HOME) else ["test_*.py"]

Open = Callable[..., Any]
WIDTHS = (360, 800, 1600)
THEMES = ("light", "dark")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root, as tests in containers are, has no sandbox.
        yield playwright.chromium.launch(executable_path=os.environ[HOME], args=["--no-sandbox"])


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """A function that gives the page of a file of so many wheels."""
    place = tmp_path_factory.mktemp("pages")
    made: dict[int, Path] = {}

    def page_of_many(count: int) -> Path:
        if count not in made:
            (place / str(count)).mkdir()
            made[count] = place / f"{count}.html"
            made[count].write_bytes(page_of(report_on(file_of_many(place / str(count), count))))
        return made[count]

    return page_of_many


@pytest.fixture
def opened(browser: Browser, pages: Callable[[int], Path]) -> Open:
    """A context in which a page is open, by its path or by how many wheels; nothing is asked or complained of."""

    @contextmanager
    def open_page(page: int | Path = 7, width: int = 1600, theme: str = "light") -> Iterator[Page]:
        path = pages(page) if isinstance(page, int) else page
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
        )
        shown = context.new_page()
        said: list[str] = []
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda failure: said.append(str(failure)))
        shown.on("dialog", lambda dialog: said.append(dialog.message))
        shown.on("request", lambda request: said.append(request.url))
        shown.goto(path.as_uri())
        shown.wait_for_selector("html[data-drawn]", state="attached")
        yield shown
        assert set(said) == {path.as_uri()}
        context.close()

    return open_page
