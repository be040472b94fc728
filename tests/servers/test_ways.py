"""Every way to an index and everything that goes wrong on it, by both resolvers."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.factories import make_wheel
from tests.index import page, serve
from tests.network import server as replies
from tests.network.server import Server
from tests.servers.conftest import Machine, both


def wheels_in(machine: Machine, output: str = "app.pex") -> str:
    return machine.well("info", output, "--json")


@both
def test_a_certificate_is_trusted_where_its_authority_is_named(
    resolver: str, machine: Machine, wheels: Path, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with Server(context) as server:
        arguments = ["app", "-o", "app.pex", "--index-url", serve(server, wheels), "--resolver", resolver]
        said = machine.badly(3, *arguments, PIP_RETRIES="0")
        assert "error: the package index's certificate is not trusted" in said
        assert "hint: name the authority's certificate: PIP_CERT=" in said
        machine.well(*arguments, PIP_CERT=str(certificate))


@both
def test_a_proxy_is_used(resolver: str, machine: Machine, wheels: Path, server: Server) -> None:
    url = serve(server, wheels, at="http://index.example")
    trusted = ["--trusted-host", "index.example"]
    machine.well("app", "--index-url", url, *trusted, "--resolver", resolver, PIP_PROXY=server.url(""))
    assert server.count("http://index.example/files/core-2.0-py3-none-any.whl") > 0


@both
@pytest.mark.parametrize("option", ["--index-url=", "--extra-index-url=", "--index=more=", "--find-links="])
def test_an_index_without_encryption_is_asked_only_where_it_is_trusted(
    option: str, resolver: str, machine: Machine, wheels: Path, server: Server
) -> None:
    url = serve(server, wheels, at="http://index.example")
    arguments = ["app", option + url, "--resolver", resolver]
    said = machine.badly(3, *arguments, PIP_PROXY=server.url(""))
    assert "error: http://index.example/simple/ would be asked without encryption" in said
    assert "--trusted-host index.example" in said
    assert server.requests == []


@both
def test_find_links_may_be_a_page_and_a_directory(
    resolver: str, machine: Machine, wheels: Path, server: Server
) -> None:
    serve(server, wheels)
    links = "".join(f'<a href="/files/{path.name}">{path.name}</a>' for path in wheels.glob("core*"))
    server.on("/links.html", page(f"<html><body>{links}</body></html>"))
    (machine.work / "here").mkdir()
    (wheels / "app-1.0-py3-none-any.whl").rename(machine.work / "here/app-1.0-py3-none-any.whl")
    arguments = ["--no-index", "--find-links", server.url("/links.html"), "-f", "here", "--resolver", resolver]
    machine.well("app", *arguments)
    assert "core-2.0" in wheels_in(machine)


@both
def test_of_several_indexes_the_best_version_is_taken(
    resolver: str, machine: Machine, wheels: Path, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    make_wheel(tmp_path / "more", "core", "3.0")
    first, second = serve(server, wheels, at="/a"), serve(server, tmp_path / "more", at="/b")
    machine.well("app", "--index-url", first, "--extra-index-url", second, "--resolver", resolver)
    assert "core-3.0" in wheels_in(machine)


@both
@pytest.mark.parametrize("failure", ["503", "dropped"])
def test_what_fails_once_is_tried_again(
    failure: str, resolver: str, machine: Machine, wheels: Path, server: Server
) -> None:
    url = serve(server, wheels)
    paths = [path for path in server.replies if failure == "503" or path.startswith("/files/")]
    for path in paths:
        first = replies.status(503) if failure == "503" else replies.half(b"x" * 1000)
        server.on(path, first, *server.replies[path])
    machine.well("app", "--index-url", url, "--resolver", resolver)
    assert server.count("/files/core-2.0-py3-none-any.whl") > 1


@both
def test_another_file_than_the_index_names_is_refused_and_kept_nowhere(
    resolver: str, machine: Machine, wheels: Path, server: Server, tmp_path: Path
) -> None:
    url = serve(server, wheels)
    (tmp_path / "other").mkdir()
    other = make_wheel(tmp_path / "other", "core", "2.0", files={"core.py": "evil = True\n"})
    server.on(f"/files/{other.name}", replies.content(other.read_bytes()))
    said = machine.badly(3, "app", "--index-url", url, "--resolver", resolver, "-o", "app.pex")
    assert "core" in next(line for line in said.splitlines() if line.startswith("error: "))
    assert not (machine.work / "app.pex").exists()
    assert [path for path in (machine.directory / "store").rglob("*.whl") if path.name == other.name] == []
