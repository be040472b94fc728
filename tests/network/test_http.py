from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.errors import FetchError
from pexlite.fetch.collect import collect
from pexlite.model import IndexSettings, Target
from pexlite.resolve.pip import Pip
from pexlite.resolve.pip_program import PipProgram
from pexlite.store.store import Store
from tests.factories import make_wheel
from tests.network import server as replies
from tests.network.server import Server
from tests.pylock.values import lock_of, wheel_entry

PLAIN = IndexSettings(timeout=5, retries=1)


@pytest.fixture
def secure(certificate: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with Server(context) as running:
        yield running


def fetched(server: Server, settings: IndexSettings, store: Store, target: Target, directory: Path) -> str:
    wheel = make_wheel(directory, "demo", files={"x.py": ""})
    server.on("/" + wheel.name, replies.content(wheel.read_bytes()))
    lock = lock_of(wheel_entry(wheel, server.url("/" + wheel.name)))
    pip = Pip(PipProgram(("false",)))
    return collect(lock, [target], store=store, settings=settings, resolver=pip)[0].filename


def test_a_certificate_of_unknown_origin_is_refused_at_once(
    secure: Server, store: Store, target: Target, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match="not trusted") as caught:
        fetched(secure, PLAIN, store, target, tmp_path)
    assert "PIP_CERT" in (caught.value.hint or "")
    assert secure.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:PORT"])
def test_a_trusted_host_is_believed(
    host: str, secure: Server, store: Store, target: Target, tmp_path: Path
) -> None:
    trusting = replace(PLAIN, trusted_hosts=(host.replace("PORT", str(secure.port)),))
    assert fetched(secure, trusting, store, target, tmp_path)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "0.0.1"])
def test_trust_in_one_host_is_no_trust_in_another(
    host: str, secure: Server, store: Store, target: Target, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match="not trusted"):
        fetched(secure, replace(PLAIN, trusted_hosts=(host,)), store, target, tmp_path)


def test_trust_does_not_follow_a_redirect(
    secure: Server, certificate: Path, server: Server, store: Store, target: Target, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "demo", files={"x.py": ""})
    secure.on("/" + wheel.name, replies.content(wheel.read_bytes()))
    server.on("/" + wheel.name, replies.redirect(secure.url("/" + wheel.name)))
    trusting = replace(PLAIN, trusted_hosts=("localhost",))
    lock = lock_of(wheel_entry(wheel, server.url("/" + wheel.name, host="localhost")))
    with pytest.raises(FetchError, match="not trusted"):
        collect(lock, [target], store=store, settings=trusting, resolver=Pip(PipProgram(("false",))))


@pytest.mark.parametrize("leads_to", ["itself", "another port", "http", "another name"])
def test_the_password_of_netrc_stays_with_the_server_that_was_asked(
    leads_to: str,
    certificate: Path,
    secure: Server,
    server: Server,
    store: Store,
    target: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wheel = make_wheel(tmp_path, "demo", files={"x.py": ""})
    (tmp_path / "netrc").write_text(
        "".join(f"machine {host} login someone password secret-for-test\n" for host in ("127.0.0.1", "localhost"))
    )
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Server() as other:
        there = {
            "itself": secure.url("/there/" + wheel.name),
            "another port": other.url("/there/" + wheel.name),
            "http": server.url("/there/" + wheel.name),
            "another name": server.url("/there/" + wheel.name, host="localhost"),
        }[leads_to]
        secure.on("/" + wheel.name, replies.redirect(there))
        for one in (secure, server, other):
            one.on("/there/" + wheel.name, replies.content(wheel.read_bytes()))
        lock = lock_of(wheel_entry(wheel, secure.url("/" + wheel.name)))
        settings = replace(PLAIN, certificate=certificate)
        collect(lock, [target], store=store, settings=settings, resolver=Pip(PipProgram(("false",))))
    assert secure.requests[0][1] is not None
    if leads_to == "itself":
        assert secure.requests[1][1] is not None
    assert [proof for _, proof in (*server.requests, *other.requests)] == [None] * (leads_to != "itself")


@pytest.mark.parametrize("variable", ["", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_authorities_come_from_the_settings_or_the_environment(
    variable: str,
    certificate: Path,
    secure: Server,
    store: Store,
    target: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = PLAIN if variable else replace(PLAIN, certificate=certificate)
    if variable:
        monkeypatch.setenv(variable, str(certificate))
    assert fetched(secure, settings, store, target, tmp_path)


def test_a_certificate_file_that_is_none_is_an_error(
    secure: Server, store: Store, target: Target, tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_text("nothing here")
    for settings in (
        replace(PLAIN, certificate=tmp_path / "none.pem"),
        replace(PLAIN, certificate=tmp_path / "gone.pem"),
        replace(PLAIN, client_certificate=tmp_path / "none.pem", trusted_hosts=("127.0.0.1",)),
    ):
        with pytest.raises(FetchError, match="certificates cannot be read"):
            fetched(secure, settings, store, target, tmp_path)
