"""`pexlite docs` lists the pages and shows one: laid out on a terminal, else as it is."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest

from pexlite.cli.docs import _laid_out, pages, subject
from pexlite.cli.main import run
from tests.checkout import REPOSITORY, environment_with_pexlite
from tests.cli.test_completion import completed

PAGES = sorted((REPOSITORY / "pexlite" / "docs").glob("*.md"))


def test_the_list_has_a_line_for_each_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["docs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [page.stem for page in PAGES]
    assert all(len(line) < 120 for line in lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_begins_with_a_title_and_its_subject_in_a_line(page: Path) -> None:
    title, empty, line, end, *_ = page.read_text(encoding="utf-8").splitlines()
    assert title.startswith("# ") and (empty, end) == ("", "")
    assert subject(page) == line and line.endswith(".")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_that_is_piped_is_markdown_as_it_is(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["docs", page.stem]) == 0
    assert capsys.readouterr().out == page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("securty", "did you mean `pexlite docs security`?"),
        ("SECURITY.md", "did you mean `pexlite docs security`?"),
        ("zzz", "`pexlite docs` lists the pages"),
    ],
)
def test_an_unknown_page_is_told_with_names_like_it(
    typed: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["docs", typed]) == 2
    assert capsys.readouterr().err == f"error: there is no page {typed!r}\nhint: {hint}\n"


def test_a_shell_completes_the_pages(tmp_path: Path) -> None:
    env = environment_with_pexlite(tmp_path)
    assert completed(["pexlite", "docs", "sec"], env, tmp_path) == ["plain,security"]
    assert completed(["pexlite", "docs", "security", ""], env, tmp_path) == []


def shown_on_a_terminal(page: str, variables: dict[str, str]) -> str:
    """All that `pexlite docs PAGE` writes to a terminal of 60 columns."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = [sys.executable, "-m", "pexlite", "docs", page]
        os.execve(sys.executable, command, {**variables, "COLUMNS": "60"})
    text = b""
    try:
        while piece := os.read(terminal, 1 << 16):
            text += piece
    except OSError:
        pass  # its end has gone
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0
    return text.decode().replace("\r\n", "\n")


@pytest.fixture
def less(tmp_path: Path) -> dict[str, str]:
    """An environment whose pager is a `less` that asks for no key."""
    pager = tmp_path / "less"
    pager.write_text("#!/bin/sh\nexec cat\n")
    pager.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LESS")}
    return {**environment, "PAGER": "less", "TERM": "xterm", "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


def test_a_terminal_has_it_laid_out_for_its_width_and_through_the_pager(less: dict[str, str]) -> None:
    text = shown_on_a_terminal("security", less)
    assert "\x1b[1m" in text and "**" not in text and "\n## " not in text
    assert max(len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()) == 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_link_to_another_page_is_shown_as_the_command_that_shows_it(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Wide enough that no cell of a table breaks a command into lines.
    monkeypatch.setattr("pexlite.cli.docs._WIDEST", 1000)
    monkeypatch.setenv("COLUMNS", "1000")
    text = page.read_text(encoding="utf-8")
    shown = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", _laid_out(text)).split())
    linked = re.findall(r"\]\((\w[\w-]*)\.md[#)]", text)
    assert set(linked) <= set(pages())
    assert [name for name in linked if f"(pexlite docs {name})" not in shown] == []
    assert not re.search(r"\((\w[\w-]*)\.md", shown)


@pytest.mark.parametrize("wish", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"PAGER": "cat"}], ids=str)
def test_who_wants_no_colour_or_has_another_pager_gets_text(wish: dict[str, str], less: dict[str, str]) -> None:
    text = shown_on_a_terminal("security", {**less, **wish})
    assert "\x1b" not in text and "Security" in text and "**" not in text


def test_the_pages_are_those_in_the_package() -> None:
    assert list(pages().values()) == PAGES
