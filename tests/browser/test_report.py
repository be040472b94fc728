"""The page of `pexlite report` in a browser: on any screen, by mouse and keyboard, and clean for axe-core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from pexlite.report.page import page_of
from pexlite.report.summary import report_on
from tests.browser.conftest import THEMES, WIDTHS, Open
from tests.factories import make_wheel
from tests.report.conftest import build as build
from tests.report.conftest import wheels as wheels
from tests.report.many_wheels import file_of_many

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
each_width = pytest.mark.parametrize("width", WIDTHS)
each_theme = pytest.mark.parametrize("theme", THEMES)


def crumbs(page: Any) -> list[str]:
    return list(page.locator("#crumbs li").all_inner_texts())


def names(page: Any) -> list[str]:
    return list(page.locator("#wheels-table tbody th").all_inner_texts())


def chosen(page: Any, area: str, value: str) -> None:
    page.locator(f"#{area} label", has=page.locator(f"[value='{value}']")).click()


def violations(page: Any) -> list[Any]:
    """The rules of axe-core that the page breaks, with the elements that do."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


# -- drawn ------------------------------------------------------------------------------------------


@each_theme
@each_width
@pytest.mark.parametrize("count", [7, 91, 300])
def test_it_fits_the_screen(count: int, width: int, theme: str, opened: Open) -> None:
    with opened(count, width, theme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("#map .area").count() > 5
        assert f"{count}" in page.locator("#tiles").inner_text()
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, colour.strip("rgb()").split(","))) > 380) == (theme == "light")


def test_a_file_of_300_wheels_opens_in_under_a_second(opened: Open) -> None:
    with opened(300) as page:
        client = page.context.new_cdp_session(page)
        # The processor's time, which other programs on this machine do not make longer.
        client.send("Performance.enable", {"timeDomain": "threadTicks"})
        times = []
        for _ in range(3):
            page.reload()
            page.wait_for_selector("html[data-drawn]", state="attached")
            page.wait_for_timeout(300)
            found = {one["name"]: one["value"] for one in client.send("Performance.getMetrics")["metrics"]}
            times.append(found["TaskDuration"])
        assert 0 < min(times) < 1, times


def test_the_bar_has_every_kind_of_file(opened: Open, build: Any, wheels: list[Path], tmp_path: Path) -> None:
    # The runtime is most of such a small file.
    path = tmp_path / "page.html"
    path.write_bytes(page_of(report_on(build("app.pex", *wheels))))
    with opened(path) as page:
        kinds = " ".join(page.locator("#composition li").all_inner_texts())
        assert "Python source" in kinds
        assert "runtime" in kinds


@each_theme
@each_width
def test_axe_finds_nothing(width: int, theme: str, opened: Open, tmp_path: Path) -> None:
    old = file_of_many(tmp_path, 7, name="old.pex")
    new = file_of_many(tmp_path, 9, name="new.pex", version="2.0")
    (tmp_path / "page.html").write_bytes(page_of(report_on(new, old)))
    with opened(tmp_path / "page.html", width, theme) as page:
        page.locator("#map .area").first.click()
        page.locator("summary").first.click()
        assert violations(page) == []


@pytest.mark.parametrize(("count", "width", "theme"), [(91, 360, "dark"), (300, 1600, "light")])
def test_axe_finds_nothing_in_many_wheels(count: int, width: int, theme: str, opened: Open) -> None:
    with opened(count, width, theme) as page:
        page.locator("#project").fill("project-002")
        assert violations(page) == []


def test_the_switch_wins_over_the_system(opened: Open) -> None:
    with opened(7, theme="light") as page:
        chosen(page, "theme", "dark")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        page.reload()
        page.wait_for_selector("html[data-drawn]", state="attached")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        chosen(page, "theme", "")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light dark"


# -- the treemap ------------------------------------------------------------------------------------


@each_width
def test_a_click_leads_down_and_crumbs_lead_back(width: int, opened: Open) -> None:
    with opened(7, width) as page:
        page.locator("#map .area[aria-label^='project-006']").click()
        assert crumbs(page) == ["many.pex", "project-006 1.0"]
        page.locator("#map .area").first.click()
        assert len(crumbs(page)) == 3
        page.locator("#crumbs button").first.click()
        assert crumbs(page) == ["many.pex"]


def test_keys_lead_down_and_back(opened: Open) -> None:
    with opened(7) as page:
        first = page.locator("#map .area").first
        first.focus()
        words = first.get_attribute("aria-label")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") != words
        page.keyboard.press("Home")
        page.keyboard.press("Enter")
        assert len(crumbs(page)) == 2
        assert page.evaluate("document.activeElement.className").startswith("area")
        page.keyboard.press("Escape")
        assert crumbs(page) == ["many.pex"]
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == words
        # One stop for Tab, however many areas.
        assert page.locator("#map [tabindex='0']").count() == 1


def test_areas_are_as_large_as_the_chosen_size(opened: Open) -> None:
    with opened(91) as page:
        packed = page.locator("#listed-title").inner_text()
        chosen(page, "measure", "unpacked")
        assert page.locator("#listed-title").inner_text() != packed
        shares = page.evaluate(
            "[...document.querySelectorAll('#map .area')].map((one) =>"
            " one.offsetWidth * one.offsetHeight / one.node.unpacked)"
        )
        large = sorted(shares[:10])
        assert large[-1] < 1.4 * large[0]


@each_width
def test_no_area_covers_another(width: int, opened: Open) -> None:
    with opened(91, width) as page:
        assert page.locator("#map .inner").count() > 100
        wider = page.evaluate(
            "[...document.querySelectorAll('#map .area, #map .inner')].filter((one) =>"
            " one.offsetWidth > parseInt(one.style.width) || one.offsetHeight > parseInt(one.style.height)).length"
        )
        assert wider == 0


# -- the graph --------------------------------------------------------------------------------------


def test_who_brings_a_project_is_told_with_marker_and_extra(opened: Open) -> None:
    with opened(91) as page:
        page.locator("#project").fill("project-008")
        chosen(page, "direction", "up")
        card = page.locator("#card").inner_text()
        assert "project-008 1.0" in card
        assert "python_version" in card
        assert page.locator(".node[aria-current]").inner_text() == "project-008"
        page.locator(".node", has_text="many.pex").click()
        assert page.locator(".node[aria-current]").inner_text() == "many.pex"


def test_everything_is_drawn_when_asked(opened: Open) -> None:
    with opened(91) as page:
        assert page.locator(".node").count() < 40
        page.locator("#everything").check()
        assert page.locator(".node").count() == 92


def test_what_would_go_without_a_project_is_told(opened: Open) -> None:
    with opened(7) as page:
        page.locator("#project").fill("project-002")
        assert "Without it" in page.locator("#card").inner_text()


# -- tables -----------------------------------------------------------------------------------------


def test_a_click_on_a_heading_sorts_and_says_so(opened: Open) -> None:
    with opened(91) as page:
        heading = page.locator("#wheels-table th", has_text="Name")
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == "ascending"
        assert names(page) == sorted(names(page))
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == "descending"
        assert names(page) == sorted(names(page), reverse=True)
        assert page.locator("#wheels-table th[aria-sort]").count() == 1


def test_a_name_is_broken_at_a_hyphen_only(opened: Open, build: Any, tmp_path: Path) -> None:
    # Another column that takes all the room it can get.
    fields = [f"License-Expression: {' AND '.join(['Apache-2.0', 'BSD-3-Clause', 'MIT'] * 20)}"]
    wheel = make_wheel(tmp_path, "beautifulsoup4", files={"bs4.py": ""}, fields=fields)
    path = tmp_path / "page.html"
    path.write_bytes(page_of(report_on(build("a.pex", wheel))))
    with opened(path) as page:
        name = page.locator("#wheels-table tbody th button")
        line = page.locator("#wheels-table td .mono")
        assert name.bounding_box()["height"] < 1.9 * line.bounding_box()["height"]


def test_a_narrow_screen_sorts_by_a_list(opened: Open) -> None:
    with opened(91, 360) as page:
        page.locator("#sorter").select_option(label="Name, Z first")
        assert names(page) == sorted(names(page), reverse=True)


def test_the_filters_work_together(opened: Open) -> None:
    with opened(91) as page:
        page.locator("#filter").fill("project-01")
        assert (
            names(page) == [f"project-01{digit}" for digit in sorted("0123456789", key=lambda _: 0)]
            or len(names(page)) == 10
        )
        page.locator("#filter-kind").select_option("compiled")
        assert sorted(names(page)) == ["project-013", "project-018"]
        page.locator("#filter-licence").select_option("MPL-2.0")
        assert sorted(names(page)) == ["project-013", "project-018"]
        assert page.locator("#wheels-status").inner_text() == "2 of 91 wheels"
        page.locator("#filter").fill("nothing has this")
        assert names(page) == []


def test_many_rows_are_shown_when_asked(opened: Open) -> None:
    with opened(300) as page:
        assert len(names(page)) == 100
        page.locator("#wheels-table .all").click()
        assert len(names(page)) == 300


# -- what a file says -------------------------------------------------------------------------------


def test_what_a_file_says_is_text(opened: Open, build: Any, tmp_path: Path) -> None:
    fields = [f"Summary: {HOSTILE}", f"License: {HOSTILE}", "Project-URL: x, javascript:alert(3)"]
    wheel = make_wheel(tmp_path, "app", files={"app.py": "", "<img src=x onerror=alert(4)>.py": ""}, fields=fields)
    path = tmp_path / "page.html"
    path.write_bytes(page_of(report_on(build("<b>x.pex", wheel))))
    with opened(path) as page:
        page.locator("#project").fill("app")
        assert HOSTILE in page.locator("#card").inner_text()
        assert page.locator("img, b.x").count() == 0
        assert page.locator("a[href^=javascript]").count() == 0
        assert page.locator("h1").inner_text() == "<b>x.pex"


def test_the_difference_is_shown(opened: Open, tmp_path: Path) -> None:
    old = file_of_many(tmp_path, 91, name="old.pex")
    new = file_of_many(tmp_path, 93, name="new.pex", version="2.0")
    (tmp_path / "page.html").write_bytes(page_of(report_on(new, old)))
    with opened(tmp_path / "page.html") as page:
        told = page.locator("#difference").inner_text()
        assert "Since old.pex" in told
        assert "2 wheels added" in told
        assert "1.0 → 2.0" in told
