"""A requirements file behind a URL is fetched with the certificates, proxies and credentials of pip."""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

import pytest

from pexlite.errors import UsageError
from pexlite.model import IndexSettings
from pexlite.requirements.constraints import lines_behind
from pexlite.requirements.requirements_txt import read_requirements
from tests.factories import write_files
from tests.network import server as replies
from tests.network.server import Server


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
        assert read_requirements(server.url("/requirements.txt"), tmp_path).problems  # it is not sent in clear
        monkeypatch.setenv("PIP_TRUSTED_HOST", "127.0.0.1")
    user = "someone:secret-for-test" if way == "url" else ""
    assert named(server.url("/requirements.txt", user=user), tmp_path) == ["click"]
    gone = read_requirements(server.url("/gone.txt", user="someone:secret-for-test"), tmp_path)
    assert "secret-for-test" not in str(gone.problems)


@pytest.mark.parametrize("provider", ["subprocess", "import", "disabled", "auto"])
def test_a_keyring_is_asked_where_pip_would_ask_it_and_told_no_other_server(
    provider: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    creds = '{"username": "someone", "password": "secret-for-test"}'
    program = write_files(
        tmp_path, {"bin/keyring": f"#!/bin/sh\necho \"$@\" >>{tmp_path}/asked\necho '{creds}'\n"}
    )
    (program / "bin/keyring").chmod(0o755)
    package = (
        "class Entry:\n    username, password = 'someone', 'secret-for-test'\n"
        f"def get_credential(service, user):\n    open('{tmp_path}/asked', 'a').write(service)\n    return Entry\n"
    )
    write_files(tmp_path, {"modules/keyring.py": package})
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    monkeypatch.setenv("PIP_KEYRING_PROVIDER", provider)
    server.on("/requirements.txt", replies.only_for("someone", "secret-for-test", b"click\n"))
    url = server.url("/requirements.txt")
    # An entry for a host, which has no scheme, is not sent in clear.
    assert read_requirements(url, tmp_path).problems
    assert not (tmp_path / "asked").exists()
    monkeypatch.setenv("PIP_TRUSTED_HOST", "127.0.0.1")
    if provider in ("disabled", "auto"):
        assert read_requirements(url, tmp_path).problems
        assert not (tmp_path / "asked").exists()
    else:
        assert named(url, tmp_path) == ["click"]
        assert "127.0.0.1" in (tmp_path / "asked").read_text()


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


def test_a_file_behind_a_url_learns_nothing_of_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of-mine")
    server.on("/r.txt", replies.content(b"-i http://127.0.0.1/${SECRET}/simple\nclick\n"))
    found = read_requirements(server.url("/r.txt"), tmp_path)
    assert "${SECRET} is a variable of the environment" in found.problems[0].message
    assert "of-mine" not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "-r file://{place}/private.txt",
        "-c file://{place}/private.txt",
        "-e {place}/project",
        "{place}/project",
        "project @ file://{place}/project",
        "-f {place}",
        "--find-links=file://{place}",
    ],
)
def test_a_file_behind_a_url_speaks_of_nothing_on_this_machine(line: str, server: Server, tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("a private line\n")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").write_text("[project]\nname = 'project'\nversion = '1'\n")
    server.on("/r.txt", replies.content(line.format(place=tmp_path).encode()))
    found = read_requirements(server.url("/r.txt"), tmp_path)
    assert "lies on this machine" in found.problems[0].message
    assert not found.roots and not found.local and not found.constraints
    assert "a private line" not in repr(found)


def test_constraints_behind_a_url_are_read_here(server: Server) -> None:
    server.on("/c.txt", replies.content(b"click==8.1.7  # why\n-c more.txt\nidna<4 ; python_version > '3'\n"))
    server.on("/more.txt", replies.content(b"flask==3 --hash=sha256:" + b"0" * 64 + b"\n"))
    assert lines_behind(server.url("/c.txt"), IndexSettings()) == (
        "click==8.1.7",
        'idna<4; python_version > "3"',
        "flask==3 --hash=sha256:" + "0" * 64,
    )


@pytest.mark.parametrize(
    "line", ["a==${SECRET}", "-r file:///etc/passwd", "-i http://127.0.0.1/", "--other", "-c c.txt"]
)
def test_constraints_behind_a_url_are_constraints(
    line: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of-mine")
    server.on("/c.txt", replies.content(line.encode()))
    with pytest.raises(UsageError) as failure:
        lines_behind(server.url("/c.txt"), IndexSettings())
    assert "of-mine" not in repr(failure.value.causes)
