"""`pexlite report` writes a page beside, over its own kind alone, and shows it where it is asked to."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.cli.main import run
from tests.report.conftest import Build

Said = pytest.CaptureFixture[str]


@pytest.fixture
def file(build: Build, wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return build("app.pex", *wheels)


def test_the_page_is_named_after_the_file(file: Path, capsys: Said) -> None:
    assert run(["report", str(file)]) == 0
    assert capsys.readouterr().err.startswith("wrote app.html  ")
    assert Path("app.html").read_bytes().startswith(b"<!DOCTYPE html>\n<!-- a report, made by pexlite -->\n")


def test_of_two_files_the_page_is_about_the_second(file: Path, build: Build, wheels: list[Path]) -> None:
    other = build("newer.pex", *wheels[:2])
    assert run(["report", str(file), str(other)]) == 0
    assert '"old":{"name":"app.pex"' in Path("newer.html").read_text()


def test_a_page_replaces_a_page_and_nothing_else(file: Path, capsys: Said) -> None:
    command = ["report", str(file), "-o", "out.html"]
    assert run(command) == run(command) == 0
    Path("out.html").write_text("<p>mine")
    assert run(command) == 5
    assert "--force replaces this one" in capsys.readouterr().err
    assert Path("out.html").read_text() == "<p>mine"
    assert run([*command, "--force"]) == 0


@pytest.mark.parametrize("place", [[], ["nowhere.pex"]], ids=["first", "second"])
def test_a_file_that_is_not_there_is_told_and_no_page_is_left(place: list[str], file: Path, capsys: Said) -> None:
    before = [str(file)] if place else ["nowhere.pex"]
    code = run(["report", *before, *place])
    assert (code, capsys.readouterr().err.splitlines()[0]) == (6, "error: there is no nowhere.pex")
    assert list(Path().iterdir()) == []


def test_the_page_is_no_input(file: Path) -> None:
    assert run(["report", str(file), "-o", str(file), "--force"]) == 2
    assert run(["report", str(file), str(file), "-o", str(file), "--force"]) == 2


@pytest.mark.parametrize(("opens", "said"), [(True, ""), (False, "note: no browser could be started here: open ")])
def test_the_page_is_shown(
    opens: bool, said: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    asked: list[str] = []

    def open_address(address: str) -> bool:
        asked.append(address)
        return opens

    monkeypatch.setattr("webbrowser.open", open_address)
    assert run(["report", str(file), "-o", "a page.html", "--open"]) == 0
    assert asked == [(Path.cwd() / "a page.html").as_uri()]
    assert capsys.readouterr().err.partition("\n")[2].startswith(said)
