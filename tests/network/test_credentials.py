from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from pexlite.model import IndexSettings
from pexlite.network.credentials import authorization, without_credentials

INDEX = IndexSettings(
    index_url="https://someone:secret-for-test@files.example/simple",
    extra_index_urls=(
        "https://else:secret-for-test@files.example/team/simple",
        "https://token-for-test@tokens.example/simple",
        "https://plain.example/simple",
    ),
    find_links=("/a/directory", "https://links:secret-for-test@links.example:8443/page"),
)


@pytest.fixture(autouse=True)
def nobodys_netrc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETRC", os.devnull)


def who(url: str, settings: IndexSettings = INDEX) -> str | None:
    found = authorization(url, settings)
    return None if found is None else base64.b64decode(found.removeprefix("Basic ")).decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://files.example/a.whl", "someone:secret-for-test"),
        ("https://files.example:443/a.whl", "someone:secret-for-test"),
        ("https://files.example/simple/a.whl", "someone:secret-for-test"),
        ("https://files.example/team/a.whl", "else:secret-for-test"),
        ("https://own:secret-for-test@files.example/a.whl", "own:secret-for-test"),
        ("https://own:p%40ss%3Aw%C3%B6rd@files.example/a.whl", "own:p@ss:wörd"),
        ("https://tokens.example/a.whl", "token-for-test:"),
        ("https://links.example:8443/a.whl", "links:secret-for-test"),
        # Nobody else is told.
        ("http://files.example/a.whl", None),
        ("https://files.example:8443/a.whl", None),
        ("https://files.example.evil.example/a.whl", None),
        ("https://other.example/a.whl", None),
        ("https://links.example/a.whl", None),
        ("https://plain.example/a.whl", None),
    ],
)
def test_credentials_go_to_the_server_they_were_given_for(url: str, expected: str | None) -> None:
    assert who(url) == expected


def test_netrc_fills_in_what_the_urls_do_not_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    lines = ["machine plain.example login someone password secret-for-test"]
    lines += ["machine files.example login x password y", ""]
    netrc.write_text("\n".join(lines))
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert who("https://plain.example/a.whl") == "someone:secret-for-test"
    assert who("https://files.example/a.whl") == "someone:secret-for-test"
    assert who("https://other.example/a.whl") is None


@pytest.mark.parametrize(
    ("url", "settings", "sent"),
    [
        ("https://plain.example/a.whl", IndexSettings(), True),
        ("http://plain.example/a.whl", IndexSettings(), False),
        ("http://plain.example/a.whl", IndexSettings(index_url="https://plain.example/simple"), False),
        ("http://plain.example/a.whl", IndexSettings(index_url="http://plain.example/simple"), True),
        ("http://plain.example/a.whl", IndexSettings(find_links=("http://plain.example:81/",)), False),
        ("http://plain.example/a.whl", IndexSettings(trusted_hosts=("plain.example",)), True),
        ("http://plain.example/a.whl", IndexSettings(trusted_hosts=("other.example",)), False),
    ],
)
def test_the_password_of_netrc_goes_out_in_clear_only_where_that_was_said(
    url: str, settings: IndexSettings, sent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine plain.example login someone password secret-for-test\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert (who(url, settings) is not None) == sent
    assert authorization(url, settings, redirected=True) is None


@pytest.mark.parametrize("content", ["machine", "nonsense here\n", "machine x login\n"])
def test_a_netrc_that_cannot_be_read_is_none(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text(content)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert who("https://plain.example/a.whl") is None


def test_urls_are_shown_without_credentials() -> None:
    assert without_credentials("https://a:b@files.example:1/x?y=1#sha256=0") == "https://files.example:1/x?y=1"
    assert without_credentials("https://a:p@ss@files.example/x") == "https://files.example/x"
