"""The index settings are pip's: files, then variables, then what was asked for."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import IndexConfigurationError
from pexlite.indexes.settings import configured_constraints, effective_settings
from pexlite.model import IndexSettings
from pexlite.requirements.parsed import merged_index
from tests.factories import written


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's configuration file, with every other place empty."""
    monkeypatch.delenv("PIP_CONFIG_FILE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "global"))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr("pexlite.files.places._global_files", lambda: [tmp_path / "global" / "pip" / "pip.conf"])
    for directory in ("config/pip", "global/pip", "prefix"):
        (tmp_path / directory).mkdir(parents=True)
    return tmp_path / "config" / "pip" / "pip.conf"


def test_nothing_said_is_nothing() -> None:
    assert effective_settings(IndexSettings()) == IndexSettings()


@pytest.mark.parametrize("name", [field.name for field in fields(IndexSettings)])
def test_every_setting_is_kept_on_the_way_to_a_resolver(name: str, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"index_strategy": "first-index", "uploaded_prior_to": "2026-01-31T00:00:00Z"}
    wanted["index_url"] = "https://wanted.example/simple"
    usual = getattr(IndexSettings(), name)
    value: Any = wanted.get(
        name, {bool: True, int: 7, float: 7.0, tuple: (str(tmp_path),)}.get(type(usual), "wanted")
    )
    if name in ("named_indexes", "pins"):
        value = (("one", "two"),)
    said = IndexSettings(**{name: value})
    assert value != usual
    assert getattr(effective_settings(said), name) == value
    merged = getattr(merged_index(said, IndexSettings(no_binary=("other",))), name)
    assert value == (merged[:1] if isinstance(value, tuple) else merged)


def test_a_file_is_read_section_after_section(configure: Path) -> None:
    configure.write_text(
        "[global]\nindex-url = https://a.example/simple\nextra-index-url =\n  https://b.example\n  https://c.example\n"
        "timeout = 60\nno_index = no\n[install]\nindex-url = https://i.example/simple\nfind-links = ~/links\n"
        "only-binary = a,b\n[list]\nformat = columns\n"
    )
    settings = effective_settings(IndexSettings())
    assert settings == IndexSettings(
        index_url="https://i.example/simple",
        extra_index_urls=("https://b.example", "https://c.example"),
        find_links=(str(configure.parents[2] / "links"),),
        only_binary=("a", "b"),
        timeout=60.0,
    )


def test_later_files_win_over_earlier_ones(configure: Path) -> None:
    home = configure.parents[2]
    for path, host in [(home / "global/pip/pip.conf", "global"), (configure, "user")]:
        path.write_text(f"[global]\nindex-url = https://{host}.example\n")
    assert effective_settings(IndexSettings()).index_url == "https://user.example"
    (home / "prefix" / "pip.conf").write_text("[global]\nindex-url = https://site.example\n")
    assert effective_settings(IndexSettings()).index_url == "https://site.example"


def test_a_named_file_takes_the_place_of_the_users(configure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure.write_text("[global]\nindex-url = https://user.example\nproxy = http://p.example\n")
    named = configure.with_name("named.conf")
    named.write_text("[global]\nindex-url = https://named.example\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(named))
    settings = effective_settings(IndexSettings())
    assert (settings.index_url, settings.proxy) == ("https://named.example", None)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert effective_settings(IndexSettings()) == IndexSettings()


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PIP_INDEX_URL", "https://a.example", IndexSettings(index_url="https://a.example")),
        ("PIP_EXTRA_INDEX_URL", "https://a.example https://b.example",
         IndexSettings(extra_index_urls=("https://a.example", "https://b.example"))),
        ("PIP_FIND_LINKS", "https://a.example/l /links",
         IndexSettings(find_links=("https://a.example/l", "/links"))),
        ("PIP_NO_INDEX", "1", IndexSettings(no_index=True)),
        ("PIP_NO_INDEX", "false", IndexSettings()),
        ("PIP_PRE", "true", IndexSettings(prereleases=True)),
        ("PIP_CERT", "/ca.pem", IndexSettings(certificate=Path("/ca.pem"))),
        ("PIP_CLIENT_CERT", "/me.pem", IndexSettings(client_certificate=Path("/me.pem"))),
        ("PIP_PROXY", "http://p.example:1", IndexSettings(proxy="http://p.example:1")),
        ("PIP_TRUSTED_HOST", "a.example b.example", IndexSettings(trusted_hosts=("a.example", "b.example"))),
        ("PIP_DEFAULT_TIMEOUT", "180", IndexSettings(timeout=180.0)),
        ("PIP_RETRIES", "0", IndexSettings(retries=0)),
        ("PIP_KEYRING_PROVIDER", "subprocess", IndexSettings(keyring_provider="subprocess")),
        ("PIP_NO_BINARY", ":all:", IndexSettings(no_binary=(":all:",))),
        ("PIP_UPLOADED_PRIOR_TO", "2026-01-01", IndexSettings(uploaded_prior_to="2026-01-01T00:00:00Z")),
        ("PIP_INDEX_URL", "", IndexSettings()),
    ],
)  # fmt: skip
def test_each_variable_of_pip_counts(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: IndexSettings
) -> None:
    monkeypatch.setenv(variable, value)
    assert effective_settings(IndexSettings()) == expected


def test_what_is_asked_for_comes_on_top(configure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure.write_text("[global]\nindex-url = https://file.example\nfind-links = /file\nretries = 9\n")
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.example")
    monkeypatch.setenv("PIP_FIND_LINKS", "/variable")
    settings = effective_settings(
        IndexSettings(index_url="https://asked.example", find_links=("/asked",), retries=1)
    )
    assert settings.index_url == "https://asked.example"
    # A variable replaces the file's list; what is asked for is added to it, as pip does.
    assert settings.find_links == ("/variable", "/asked")
    assert settings.retries == 1


def test_relative_links_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert effective_settings(IndexSettings(find_links=("links",))).find_links == (str(tmp_path / "links"),)


@pytest.mark.parametrize("place", ["simple here", "./simple here"])
def test_a_directory_that_is_an_index_becomes_absolute(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "simple here").mkdir()
    found = effective_settings(IndexSettings(index_url=place, extra_index_urls=(place,)))
    assert [found.index_url, *found.extra_index_urls] == [str(tmp_path / "simple here")] * 2


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nowhere", "there is no nowhere to find projects in"),
        ("/nowhere/at/all", "there is no /nowhere/at/all to find projects in"),
        ("file:///nowhere", "there is no file:///nowhere to find projects in"),
        ("htp://a.example/simple", "htp://a.example/simple is no address of an index"),
        ("https://[a.example", "is no address"),
    ],
)
@pytest.mark.parametrize("setting", ["--index-url", "--extra-index-url", "PIP_INDEX_URL"])
def test_what_is_no_index_is_named_before_any_project_is_missed(
    address: str, words: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = IndexSettings()
    if setting == "PIP_INDEX_URL":
        monkeypatch.setenv(setting, address)
    elif setting == "--index-url":
        asked = IndexSettings(index_url=address)
    else:
        asked = IndexSettings(extra_index_urls=(address,))
    with pytest.raises(IndexConfigurationError) as caught:
        effective_settings(asked)
    assert words in caught.value.message
    assert effective_settings(replace(asked, no_index=True)).no_index


def test_configured_constraints_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = [written(tmp_path, name) / name for name in ("a.txt", "b.txt")]
    monkeypatch.setenv("PIP_CONSTRAINT", " ".join(map(str, files)))
    assert configured_constraints() == tuple(map(str, files))


@pytest.mark.parametrize("way", ["variable", "file"])
def test_a_configured_constraints_file_that_is_not_there_is_named_with_its_setting(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = {"variable": "PIP_CONSTRAINT", "file": r"pip's configuration \(constraint\)"}
    if way == "variable":
        monkeypatch.setenv("PIP_CONSTRAINT", "nowhere.txt")
    else:
        (tmp_path / "pip.conf").write_text("[global]\nconstraint = nowhere.txt\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    with pytest.raises(IndexConfigurationError, match=f"{words[way]} names the constraints file /.*/nowhere.txt"):
        configured_constraints()


def test_relative_constraints_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    url = (written(tmp_path, "more/c.txt", "d.txt") / "d.txt").as_uri()
    monkeypatch.setenv("PIP_CONSTRAINT", f"more/c.txt https://a.example/c.txt {url}")
    expected = (str(tmp_path / "more/c.txt"), "https://a.example/c.txt", url)
    assert configured_constraints() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("index-url = x\n", "cannot be read"),
        ("[global]\nno-index = perhaps\n", "neither yes nor no"),
        ("[global]\ntimeout = long\n", "no number"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_an_error(configure: Path, text: str, words: str) -> None:
    configure.write_text(text)
    with pytest.raises(IndexConfigurationError, match=words) as caught:
        effective_settings(IndexSettings())
    assert caught.value.hint
