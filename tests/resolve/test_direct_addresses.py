"""A server that refuses a requirement's own address is told by that address, and is no package index."""

from __future__ import annotations

import socket

import pytest
from packaging.requirements import Requirement

from pexlite.errors import ResolutionError
from pexlite.model import IndexSettings, Root
from pexlite.resolve.job import Job
from pexlite.resolve.resolvers import find_resolver
from pexlite.targets.interpreters import running_target
from tests.network.server import Server, status

pytestmark = pytest.mark.usefixtures("bare_machine")

FILES = ["core-1.0-py3-none-any.whl", "core-1.0.tar.gz"]


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def failure(resolver: str, url: str) -> ResolutionError:
    """The error of resolving core at `url`."""
    root = Root(Requirement(f"core @ {url}"), "the test")
    job = Job((root,), (), (), running_target(), IndexSettings(no_index=True, retries=0))
    with pytest.raises(ResolutionError) as caught:
        find_resolver(resolver).resolve(job)
    return caught.value


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("file", FILES)
def test_a_refused_connection_is_not_that_of_the_index(
    file: str, resolver: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    url = f"http://127.0.0.1:{closed_port()}/{file}"
    found = failure(resolver, url.replace("//", "//someone:secret-for-test@"))
    assert found.message == f"{url} cannot be reached"
    assert found.hint == "check the address, the network and the proxy"


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_nor_is_a_server_that_wants_a_password(resolver: str, server: Server) -> None:
    server.on(f"/{FILES[0]}", status(403))
    url = server.url(f"/{FILES[0]}")
    assert failure(resolver, url).message == f"{url} refuses access"
