"""The index strategy of uv's own settings holds with either resolver."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.indexes.settings import unheeded_settings
from pexlite.indexes.uv_configuration import uv_index_strategy


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory for the files of the user and the system, which do not exist."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{tmp_path / 'system'}:")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


FIRST, BEST = 'index-strategy = "first-index"\n', 'index-strategy = "unsafe-best-match"\n'


def test_the_variable_comes_before_the_user_and_the_user_before_the_system(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    assert uv_index_strategy() is None
    write(place / "system" / "uv" / "uv.toml", BEST)
    assert uv_index_strategy() == "unsafe-best-match"
    write(place / "user" / "uv" / "uv.toml", FIRST)
    assert uv_index_strategy() == "first-index"
    monkeypatch.setenv("UV_INDEX_STRATEGY", "unsafe-first-match")
    assert uv_index_strategy() == "unsafe-first-match"


def test_a_file_that_is_named_stands_for_all_others(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place / "user" / "uv" / "uv.toml", FIRST)
    monkeypatch.setenv("UV_CONFIG_FILE", str(write(place / "named.toml", BEST)))
    assert uv_index_strategy() == "unsafe-best-match"


def test_no_file_is_read_where_uv_reads_none(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place / "user" / "uv" / "uv.toml", FIRST)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert uv_index_strategy() is None


@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        (f"[pip]\n{BEST}", "unsafe-best-match"),
        (f"{FIRST}[pip]\n{BEST}", "first-index"),
        ("pip = 1\n", None),
        ("index-strategy = 1\n", None),
        ("index-strategy = \n", None),  # uv says that when it runs
        ("\n", None),
    ],
)
def test_the_strategy_of_a_file_is_for_all_of_uv_or_for_its_pip(
    text: str, strategy: str | None, place: Path
) -> None:
    write(place / "user" / "uv" / "uv.toml", text)
    assert uv_index_strategy() == strategy


TABLES = ["[[index]]\nurl = 'https://a.test/'", "index-url = 'https://a.test/'", "find-links = ['wheels']"]


@pytest.mark.parametrize("table", TABLES)
def test_indexes_that_only_uv_knows_of_are_told_where_another_resolves(
    table: str, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    assert unheeded_settings("pip", hears_pip=True) == ()
    file = write(place / "user" / "uv" / "uv.toml", table)
    monkeypatch.setenv("UV_INDEX", "https://someone:secret-for-test@a.test/")
    assert unheeded_settings("pip", hears_pip=True) == (f"pip asks no index of uv's: UV_INDEX, {file}",)
    assert unheeded_settings("uv", hears_pip=False) == ()
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert unheeded_settings("pip", hears_pip=True) == ("pip asks no index of uv's: UV_INDEX",)
