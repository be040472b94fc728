"""A requirements file behind a URL is fetched with the certificates, proxies and credentials of pip."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.resolve.requirement_files import read_requirements
from tests.fetch import server as replies
from tests.fetch.server import Server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", "/nowhere")
    with Server() as running:
        yield running


def named(url: str, directory: Path) -> list[str]:
    found = read_requirements(url, directory)
    if found.problems:
        raise AssertionError(found.problems[0].message)
    return [root.requirement.name for root in found.roots]


def test_a_file_and_the_one_it_names_come_from_the_server(server: Server, tmp_path: Path) -> None:
    server.on("/a/requirements.txt", replies.content(b"click\n-r more.txt\n"))
    server.on("/a/more.txt", replies.content(b"idna\n"))
    assert named(server.url("/a/requirements.txt"), tmp_path) == ["click", "idna"]


@pytest.mark.parametrize("way", ["url", "netrc"])
def test_credentials_of_the_url_or_netrc_are_sent_and_never_shown(
    way: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("/requirements.txt", replies.only_for("someone", "secret-for-test", b"click\n"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret-for-test\n")
    (tmp_path / "netrc").chmod(0o600)
    if way == "netrc":
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    user = "someone:secret-for-test" if way == "url" else ""
    assert named(server.url("/requirements.txt", user=user), tmp_path) == ["click"]
    gone = read_requirements(server.url("/gone.txt", user="someone:secret-for-test"), tmp_path)
    assert "secret-for-test" not in str(gone.problems)


def test_a_redirect_to_another_server_gets_no_credentials(server: Server, tmp_path: Path) -> None:
    server.on("/requirements.txt", replies.redirect(server.url("/there.txt", host="localhost")))
    server.on("/there.txt", replies.content(b"click\n"))
    named(server.url("/requirements.txt", user="someone:secret-for-test"), tmp_path)
    assert [proof is None for _, proof in server.requests] == [False, True]


def test_the_proxy_of_pip_is_used(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("http://files.example/requirements.txt", replies.content(b"click\n"))
    monkeypatch.setenv("PIP_PROXY", server.url(""))
    assert named("http://files.example/requirements.txt", tmp_path) == ["click"]


@pytest.mark.parametrize("way", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "PIP_TRUSTED_HOST", "nothing"])
def test_certificates_are_believed_where_pip_would(
    way: str, certificate: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    if way != "nothing":
        monkeypatch.setenv(way, "127.0.0.1" if way == "PIP_TRUSTED_HOST" else str(certificate))
    with Server(context) as secure:
        secure.on("/requirements.txt", replies.content(b"click\n"))
        if way == "nothing":
            (problem,) = read_requirements(secure.url("/requirements.txt"), tmp_path).problems
            assert "certificate" in problem.message
        else:
            assert named(secure.url("/requirements.txt"), tmp_path) == ["click"]
