"""A page needs nothing but itself, gives the same bytes each time, and shows what a file says as text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pexlite.report.page import LIBRARIES, PARTS, SCRIPTS, page_of
from pexlite.report.summary import report_on
from tests.docs.tables import page as page_of_docs
from tests.factories import make_wheel
from tests.report.conftest import Build

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{style}}]]><!--"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._open = (tag, dict(attrs)) if tag in ("script", "style", "title") else None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.texts.append((*self._open, data))
            self._open = None


@pytest.fixture
def plain(build: Build, wheels: list[Path]) -> Elements:
    return Elements(page_of(report_on(build("app.pex", *wheels))).decode())


@pytest.fixture
def hostile(build: Build, tmp_path: Path) -> Elements:
    """The page of a file whose name, and every field of its wheel, would be markup."""
    wheel = make_wheel(
        tmp_path,
        "app",
        files={"app.py": "", f"{HOSTILE.replace('/', '')}.py": ""},
        requires=["app; sys_platform != '</script><script>'"],
        fields=[
            f"Summary: {HOSTILE}",
            f"License: {HOSTILE}",
            f"Author: {HOSTILE}",
            f"Project-URL: {HOSTILE}, javascript:alert(3)",
        ],
    )
    return Elements(page_of(report_on(build("<script>alert(4)<.pex", wheel))).decode())


def test_the_same_file_gives_the_same_bytes(build: Build, wheels: list[Path], tmp_path: Path) -> None:
    first = page_of(report_on(build("app.pex", *wheels)))
    (tmp_path / "elsewhere").mkdir()
    second = page_of(report_on((tmp_path / "app.pex").rename(tmp_path / "elsewhere" / "app.pex")))
    assert first == second


def test_no_element_asks_for_anything(plain: Elements) -> None:
    asking = {"src", "srcset", "action", "data", "poster", "background", "ping", "style"}
    for tag, attributes in plain.found:
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "form", "video", "audio"}, tag
        assert not asking & attributes.keys(), (tag, attributes)
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_its_style_names_no_address() -> None:
    assert re.findall(r"url\(|@import|//\w", (PARTS / "page.css").read_text()) == []


def test_its_scripts_put_nothing_in_as_markup_and_ask_for_nothing() -> None:
    own = "".join((PARTS / f"{name}.js").read_text() for name in SCRIPTS)
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|Function\("
    assert re.findall(rf"{markup}|fetch\(|XMLHttp|WebSocket|import\(", own) == []


def test_the_policy_lets_in_its_own_style_and_scripts_alone(plain: Elements) -> None:
    [policy] = [
        one["content"] or "" for tag, one in plain.found if one.get("http-equiv") == "Content-Security-Policy"
    ]
    allowed = {kind: set(sources) for kind, *sources in (part.split() for part in policy.split(";"))}
    digests: dict[str, set[str]] = {"style": set(), "script": set()}
    for tag, attributes, text in plain.texts:
        if tag in digests and attributes.get("type") != "application/json":
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            digests[tag].add(f"'sha256-{digest}'")
    assert allowed == {
        "default-src": {"'none'"},
        "style-src": digests["style"],
        "script-src": digests["script"],
        "base-uri": {"'none'"},
        "form-action": {"'none'"},
    }


def test_what_a_file_says_is_never_markup(plain: Elements, hostile: Elements) -> None:
    def shape(page: Elements) -> list[tuple[str, str | None]]:
        return [(tag, attributes.get("id")) for tag, attributes in page.found]

    assert shape(hostile) == shape(plain)
    [title] = [text for tag, _, text in hostile.texts if tag == "title"]
    assert title.startswith("<script>alert(4)<.pex")


def test_what_a_file_says_is_told_as_it_is(hostile: Elements) -> None:
    [data] = [
        json.loads(text) for _, attributes, text in hostile.texts if attributes.get("type") == "application/json"
    ]
    [wheel] = data["wheels"]
    assert wheel["summary"] == HOSTILE
    assert wheel["urls"] == []


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_is_the_one_that_the_docs_name(name: str) -> None:
    content = (PARTS / "libraries" / f"{name}.min.js").read_bytes()
    [row] = [line for line in page_of_docs("report").splitlines() if line.startswith(f"| {name} |")]
    assert hashlib.sha256(content).hexdigest() in row
    assert len(content) < 200_000


def test_the_licences_of_the_libraries_are_in_the_page(plain: Elements, build: Build, wheels: list[Path]) -> None:
    text = page_of(report_on(build("other.pex", *wheels))).decode()
    assert "Copyright 2010-2026 Mike Bostock" in text
    assert "Copyright (c) 2012-2014 Chris Pettitt" in text


def test_no_map_of_a_library_is_asked_for(plain: Elements) -> None:
    assert not any("sourceMappingURL" in text for _, _, text in plain.texts)
