"""Addresses are kept and shown without what is secret in them, and are otherwise as they were."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.addresses import has_secret_parameters, mask, without_secrets
from pexlite.errors import UsageError

MARK = "secret-for-test"


@pytest.mark.parametrize(
    ("address", "shown", "kept"),
    [
        (f"https://someone:{MARK}@a.test/simple", "https://****@a.test/simple", "https://a.test/simple"),
        (f"https://{MARK}@a.test/simple/", "https://****@a.test/simple/", "https://a.test/simple/"),
        (f"https://{MARK}:@a.test", "https://****@a.test", "https://a.test"),
        (f"https://someone%3A{MARK}@a.test/", "https://****@a.test/", "https://a.test/"),
        (f"https://someone:p@{MARK}@a.test/", "https://****@a.test/", "https://a.test/"),
        (f"https://someone:p/{MARK}@a.test/", "https://****@a.test/", "https://a.test/"),
        (f"https://someone:p?{MARK}#@a.test/", "https://****@a.test/", "https://a.test/"),
        (f"http://someone:{MARK}@[::1]:80/x", "http://****@[::1]:80/x", "http://[::1]:80/x"),
        (f"git+https://{MARK}@a.test/x.git@v1", "git+https://****@a.test/x.git@v1", "git+https://a.test/x.git@v1"),
        (f"git+ssh://git:{MARK}@a.test/x.git", "git+ssh://git@a.test/x.git", "git+ssh://git@a.test/x.git"),
        (f"socks5h://u:{MARK}@a.test:1080", "socks5h://****@a.test:1080", "socks5h://a.test:1080"),
        (f"https://a.test/x?token={MARK}", "https://a.test/x?token=****", "https://a.test/x"),
        (f"https://a.test/x?{MARK}", "https://a.test/x?=****", "https://a.test/x"),
        (f"https://a.test/x?ref=v1&a={MARK}", "https://a.test/x?ref=v1&a=****", "https://a.test/x?ref=v1"),
        (f"https://a.test/x?a={MARK};ref=v1", "https://a.test/x?a=****&ref=v1", "https://a.test/x?ref=v1"),
        (
            f"https://a.test/x#sha256=0&key={MARK}",
            "https://a.test/x#sha256=0&key=****",
            "https://a.test/x#sha256=0",
        ),
    ],
)
def test_what_is_secret_is_taken_out(address: str, shown: str, kept: str) -> None:
    assert mask(address) == shown
    assert without_secrets(address) == kept
    assert mask(f"see '{address}', or ({address} )") == f"see '{shown}', or ({shown} )"
    assert mask(shown) == shown
    assert without_secrets(kept) == kept
    assert has_secret_parameters(address) == ("?" in address)


@pytest.mark.parametrize(
    "text",
    [
        "https://index.test/simple/@scope",
        "name @ https://index.test:8080/x.whl",
        "git+ssh://git@a.test/x.git@v1.0#egg=x&subdirectory=a",
        "git@a.test:team/x.git",
        "file:///home/some@one/x.whl",
        "https://a.test/page#chapter",
        "write NAME @ URL; is this right?",
        "",
    ],
)
def test_all_else_stays(text: str) -> None:
    assert mask(text) == text
    assert without_secrets(text) == text


def test_parameters_are_masked_in_a_path_without_a_host() -> None:
    text = f"Max retries exceeded with url: /x.whl?ref=v1&token={MARK}&sig=x==&key={MARK} (Caused by … )"
    assert mask(text) == "Max retries exceeded with url: /x.whl?ref=v1&token=****&sig=****&key=**** (Caused by … )"
    assert mask("is this so? a=b && c=d") == "is this so? a=b && c=d"


def test_a_proxy_needs_no_scheme_to_be_masked() -> None:
    assert mask(f"the proxy someone:{MARK}@proxy.test:3128 is away") == "the proxy ****@proxy.test:3128 is away"


USERS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), max_size=8).map(
    lambda text: quote(text, safe="")
)
PLAIN = st.text(st.characters(codec="ascii", categories=("Ll", "Nd")), min_size=1, max_size=8)


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS", "git+https", "git+http", "svn+https", "socks5", "ftp"]),
    user=st.builds(lambda name, after: f"{name}:{MARK}{after}", USERS, USERS) | USERS.map(MARK.__add__),
    host=st.sampled_from(["a.test", "a.test:8080", "[::1]:80", "127.0.0.1"]),
    path=st.lists(PLAIN, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts)),
    parameters=st.lists(st.builds(lambda name: f"x{name}={MARK}", PLAIN), max_size=2),
)
def test_no_mark_is_left_wherever_it_stands(
    scheme: str, user: str, host: str, path: str, parameters: list[str]
) -> None:
    query = "?" + "&".join(parameters) if parameters else ""
    address = f"{scheme}://{user}@{host}{path}{query}"
    for text in (
        mask(address),
        without_secrets(address),
        mask(f"error: {address}: 404"),
        mask(f'{{"a": "{address}"}}'),
    ):
        assert MARK not in text
        assert f"{host}{path}" in text


def test_errors_show_no_secret_whoever_raises_them() -> None:
    address = f"https://someone:{MARK}@a.test/?key={MARK}"
    failure = UsageError(f"cannot {address}", causes=[f"since {address}"], hint=f"try {address}")
    assert MARK not in "".join([str(failure), *failure.causes, failure.hint or "", *failure.__notes__])
