"""One way to the network: each rule holds for a lock's wheel and for a requirements file behind a URL alike.

Longer than 400 lines, since the rules for both kinds of request stand in one table, beside the servers they ask.
"""

from __future__ import annotations

import base64
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from pexlite.errors import FetchError, PexliteError, UsageError
from pexlite.fetch import download
from pexlite.fetch.collect import collect
from pexlite.indexes.settings import effective_settings
from pexlite.model import IndexSettings, Target, no_report
from pexlite.network import certificates
from pexlite.network.http import Limit
from pexlite.requirements import requirements_txt
from pexlite.resolve.pip import Pip
from pexlite.resolve.pip_program import PipProgram
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from tests import needs
from tests.factories import make_wheel
from tests.network import server as replies
from tests.network.server import Reply, Server
from tests.pylock.values import lock_of, wheel_entry

PLAIN = IndexSettings(timeout=5, retries=1)
PASSWORD = "secret-for-test"


@dataclass(frozen=True)
class Kind:
    """A kind of request: the file that is asked for, and asking for it."""

    name: str
    content: bytes
    ask: Callable[[str, IndexSettings], None]
    """Raises FetchError or UsageError where there is none."""

    @property
    def path(self) -> str:
        return "/" + self.name


@pytest.fixture(params=["wheel", "requirements file"])
def kind(request: pytest.FixtureRequest, store: Store, target: Target, tmp_path: Path) -> Kind:
    if request.param == "requirements file":
        return Kind("requirements.txt", b"click\n", ask_for_requirements)
    wheel = make_wheel(tmp_path, "demo", files={"demo.py": ""})

    def ask(url: str, settings: IndexSettings) -> None:
        lock = lock_of(wheel_entry(wheel, url))  # which tells no size
        pip = Pip(PipProgram(("false",)))
        collect(lock, Workshop(store, effective_settings(settings), pip, (target,), no_report))

    return Kind(wheel.name, wheel.read_bytes(), ask)


@pytest.fixture(autouse=True)
def content_everywhere(request: pytest.FixtureRequest) -> None:
    """Each server has the file, unless a test says otherwise."""
    if "kind" in request.fixturenames:
        wanted: Kind = request.getfixturevalue("kind")
        for name in {"secure", "server"} & set(request.fixturenames):
            request.getfixturevalue(name).on(wanted.path, replies.content(wanted.content))


def ask_for_requirements(url: str, settings: IndexSettings) -> None:
    found = requirements_txt.read_requirements(url, Path(), index=settings)
    if found.problems:
        raise UsageError(found.problems[0].message, hint=found.problems[0].hint)
    assert [root.requirement.name for root in found.roots] == ["click"]


def failure(kind: Kind, url: str, settings: IndexSettings = PLAIN) -> str:
    """The words in which asking fails, which never have the password in them."""
    with pytest.raises((FetchError, UsageError)) as caught:
        kind.ask(url, settings)
    said = "\n".join([caught.value.message, *caught.value.causes, caught.value.hint or ""])
    assert PASSWORD not in said
    return said


@pytest.fixture
def bare(server: Server, monkeypatch: pytest.MonkeyPatch, bare_machine: None) -> None:
    """No authority of the person who tests is named anywhere."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def secure(certificate: Path, bare: None) -> Iterator[Server]:
    with Server(_context(certificate)) as running:
        yield running


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


# -- certificates --------------------------------------------------------------------------------


@pytest.fixture(params=[False, True], ids=["OpenSSL", "truststore"])
def verifier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at certificates: OpenSSL, or the system by truststore, as on macOS."""
    monkeypatch.setattr(certificates, "SYSTEM_VERIFIES", request.param)


def test_a_certificate_of_unknown_origin_is_refused_at_once(kind: Kind, verifier: None, secure: Server) -> None:
    said = failure(kind, secure.url(kind.path))
    assert f"the certificate of 127.0.0.1:{secure.port} is not trusted" in said
    assert "PIP_CERT=FILE" in said
    assert secure.requests == []


@pytest.mark.parametrize(
    "named",
    [
        "settings",
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "a directory",
    ],
)
def test_authorities_are_those_that_pip_believes(
    named: str,
    kind: Kind,
    verifier: None,
    secure: Server,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    directory = tmp_path / "authorities"
    directory.mkdir()
    digest = subprocess.run(
        [needs.program("openssl"), "x509", "-hash", "-noout", "-in", certificate], capture_output=True, text=True
    ).stdout.strip()
    (directory / f"{digest}.0").write_bytes(certificate.read_bytes())
    settings = PLAIN
    if named in ("settings", "a directory"):
        settings = replace(PLAIN, certificate=certificate if named == "settings" else directory)
    else:
        monkeypatch.setenv(named, str(directory if named == "SSL_CERT_DIR" else certificate))
    kind.ask(secure.url(kind.path), settings)
    assert secure.count(kind.path) == 1


def test_authorities_that_are_named_come_to_the_others(
    kind: Kind, secure: Server, certificate: Path, another_certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(another_certificate))
    kind.ask(secure.url(kind.path), replace(PLAIN, certificate=another_certificate))


def test_the_authorities_of_certifi_are_behind_all_others(
    kind: Kind, verifier: None, secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certifi.where", lambda: str(certificate))
    kind.ask(secure.url(kind.path), PLAIN)
    assert secure.count(kind.path) == 1


def test_a_file_of_authorities_that_is_none_is_an_error(
    kind: Kind, secure: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.pem").write_text("nothing here")
    for settings in (
        replace(PLAIN, certificate=tmp_path / "none.pem"),
        replace(PLAIN, certificate=tmp_path / "gone.pem"),
        replace(PLAIN, client_certificate=tmp_path / "none.pem", trusted_hosts=("127.0.0.1",)),
    ):
        assert "certificates cannot be read" in failure(kind, secure.url(kind.path), settings)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    assert "gone.pem" in failure(kind, secure.url(kind.path))


@pytest.fixture(scope="module")
def another_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("another")
    command = [needs.program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=elsewhere.example", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return directory / "certificate.pem"


def test_a_server_that_wants_a_certificate_gets_that_of_the_settings(
    kind: Kind, certificate: Path, another_certificate: Path, bare: None, tmp_path: Path
) -> None:
    ours = tmp_path / "ours.pem"
    ours.write_bytes(another_certificate.read_bytes() + another_certificate.with_name("key.pem").read_bytes())
    context = _context(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(another_certificate)
    with Server(context) as strict:
        strict.on(kind.path, replies.content(kind.content))
        settings = replace(PLAIN, certificate=certificate, retries=0)
        failure(kind, strict.url(kind.path), settings)
        kind.ask(strict.url(kind.path), replace(settings, client_certificate=ours))


# -- trusted hosts -------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:PORT"])
def test_a_trusted_host_is_believed(host: str, kind: Kind, secure: Server) -> None:
    kind.ask(secure.url(kind.path), replace(PLAIN, trusted_hosts=(host.replace("PORT", str(secure.port)),)))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "0.0.1"])
def test_trust_in_one_host_is_no_trust_in_another(host: str, kind: Kind, secure: Server) -> None:
    assert "not trusted" in failure(kind, secure.url(kind.path), replace(PLAIN, trusted_hosts=(host,)))


def test_trust_does_not_follow_a_redirect(kind: Kind, secure: Server, server: Server) -> None:
    server.on(kind.path, replies.redirect(secure.url(kind.path)))
    trusting = replace(PLAIN, trusted_hosts=("localhost",))
    assert "not trusted" in failure(kind, server.url(kind.path, host="localhost"), trusting)


# -- proxies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["settings", "HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_a_proxy_is_asked_for_the_whole_address(
    named: str, kind: Kind, bare: None, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://files.example{kind.path}"
    server.on(url, replies.content(kind.content))
    settings = PLAIN
    if named == "settings":
        settings = replace(PLAIN, proxy=server.url("", user=f"someone:{PASSWORD}"))
    else:
        monkeypatch.setenv(named, server.url(""))
    kind.ask(url, settings)
    assert server.count(url) == 1


def test_no_proxy_is_asked_for_a_server_that_needs_none(
    kind: Kind, bare: None, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    kind.ask(server.url(kind.path), replace(PLAIN, proxy="http://127.0.0.1:2"))
    assert server.count(kind.path) == 1


def test_a_proxy_that_does_not_answer_is_told(kind: Kind, bare: None) -> None:
    settings = replace(PLAIN, proxy=f"http://someone:{PASSWORD}@127.0.0.1:1", retries=0)
    said = failure(kind, f"http://files.example{kind.path}", settings)
    assert "the proxy does not answer for files.example" in said
    assert "PIP_PROXY" in said


# -- credentials and redirects -------------------------------------------------------------------


def netrc(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"machine {host} login someone password {PASSWORD}\n" for host in ("127.0.0.1", "localhost")]
    (directory / "netrc").write_text("".join(lines))
    monkeypatch.setenv("NETRC", str(directory / "netrc"))


@pytest.mark.parametrize("where", ["url", "index", "find-links", "netrc"])
def test_a_server_gets_the_credentials_that_are_for_it(
    where: str, kind: Kind, bare: None, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on(kind.path, replies.only_for("someone", PASSWORD, kind.content))
    index = server.url("/simple", user=f"someone:{PASSWORD}")
    settings = {
        "index": replace(PLAIN, index_url=index),
        "find-links": replace(PLAIN, find_links=(index,)),
        "netrc": replace(PLAIN, trusted_hosts=("127.0.0.1",)),
    }.get(where, PLAIN)
    if where == "netrc":
        netrc(tmp_path, monkeypatch)
        assert "wants credentials and got none" in failure(kind, server.url(kind.path))  # not sent in clear
    kind.ask(server.url(kind.path, user=f"someone:{PASSWORD}" if where == "url" else ""), settings)


def test_credentials_that_are_refused_are_told_as_such(kind: Kind, bare: None, server: Server) -> None:
    server.on(kind.path, replies.only_for("someone", "else", b""))
    said = failure(kind, server.url(kind.path, user=f"someone:{PASSWORD}"))
    assert "refuses the credentials" in said
    assert server.count(kind.path) == 1


LEADS_TO = ["itself", "another port", "http", "another name"]


@pytest.mark.parametrize("source", ["url", "netrc"])
@pytest.mark.parametrize("leads_to", LEADS_TO)
def test_credentials_stay_with_the_server_that_was_asked(
    leads_to: str,
    source: str,
    kind: Kind,
    certificate: Path,
    secure: Server,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = f"someone:{PASSWORD}" if source == "url" else ""
    if source == "netrc":
        netrc(tmp_path, monkeypatch)
    there = f"/there{kind.path}"
    with Server() as other:
        place = {
            "itself": secure.url(there),
            "another port": other.url(there),
            "http": server.url(there),
            "another name": server.url(there, host="localhost"),
        }[leads_to]
        secure.on(kind.path, replies.redirect(place))
        for one in (secure, server, other):
            one.on(there, replies.content(kind.content))
        kind.ask(secure.url(kind.path, user=user), replace(PLAIN, certificate=certificate))
    assert secure.requests[0][1] == "Basic " + base64.b64encode(f"someone:{PASSWORD}".encode()).decode()
    if leads_to == "itself":
        # netrc's go along to the same server; those of the URL are of that URL.
        assert (secure.requests[1][1] is not None) == (source == "netrc")
    assert [proof for _, proof in (*server.requests, *other.requests)] == [None] * (leads_to != "itself")


def test_redirects_lead_to_the_web_and_end(kind: Kind, bare: None, server: Server, tmp_path: Path) -> None:
    (tmp_path / kind.name).write_bytes(kind.content)
    server.on(kind.path, replies.redirect((tmp_path / kind.name).as_uri()))
    assert "which is no web address" in failure(kind, server.url(kind.path))
    server.on(kind.path, replies.redirect(kind.path))
    assert "redirects more than 10 times" in failure(kind, server.url(kind.path))


# -- sizes, time and further attempts ------------------------------------------------------------


def endless(piece: bytes, ended: threading.Event) -> Reply:
    """A reply that never ends, and does not say how much there is."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        try:
            while True:
                request.wfile.write(piece)
        except OSError:
            ended.set()

    return reply


@pytest.mark.parametrize("said", [True, False], ids=["announced", "endless"])
def test_no_more_is_read_than_such_a_file_can_have(
    said: bool, kind: Kind, bare: None, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirements_txt, "_LARGEST", 100_000)
    monkeypatch.setattr(download, "_LARGEST", Limit(100_000))
    ended = threading.Event()
    server.on(kind.path, replies.content(b"#" * 100_001) if said else endless(b"#" * 10_000, ended))
    assert "there is more than 100,000 bytes of it" in failure(kind, server.url(kind.path))
    assert said or ended.wait(10)


@pytest.mark.parametrize(
    "failures",
    [
        (replies.status(503, Retry_After="0"),),
        (replies.status(429), replies.status(500)),
        (replies.half(b"something that is cut off"),),
    ],
    ids=["503 with Retry-After", "429, then 500", "cut off"],
)
def test_what_fails_for_a_moment_is_tried_again(
    failures: tuple[Reply, ...], kind: Kind, bare: None, server: Server
) -> None:
    server.on(kind.path, *failures, replies.content(kind.content))
    kind.ask(server.url(kind.path), replace(PLAIN, retries=len(failures)))
    assert server.count(kind.path) == len(failures) + 1


@pytest.mark.parametrize(
    ("reply", "tries", "words"),
    [
        (replies.status(404), 1, "the server answered 404"),
        (replies.status(503, Retry_After="0"), 2, "the server answered 503"),
        (replies.half(b"something that is cut off"), 2, "broke"),
    ],
)
def test_what_fails_for_good_is_told(
    reply: Reply, tries: int, words: str, kind: Kind, bare: None, server: Server
) -> None:
    server.on(kind.path, reply)
    assert words in failure(kind, server.url(kind.path))
    assert server.count(kind.path) == tries


def test_a_server_that_falls_silent_is_waited_for_as_long_as_the_settings_say(
    kind: Kind, bare: None, server: Server
) -> None:
    over = threading.Event()
    server.on(kind.path, replies.stalls(kind.content, over))
    began = time.monotonic()
    said = failure(kind, server.url(kind.path), replace(PLAIN, timeout=0.3, retries=0))
    over.set()
    assert "broke (ReadTimeoutError)" in said
    assert time.monotonic() - began < 5


def test_an_address_that_is_none_is_quoted(kind: Kind, bare: None) -> None:
    with pytest.raises(PexliteError, match="is no address"):
        kind.ask(f"http://127.0.0.1:port{kind.path}", PLAIN)
