"""Files published anew are noticed, and `--refresh` asks for everything again, by both resolvers."""

from __future__ import annotations

import shutil
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.factories import make_project, make_wheel
from tests.index import serve
from tests.network import server as replies
from tests.network.server import Reply, Server
from tests.servers.conftest import Machine, both


def aged(body: bytes) -> Reply:
    """A reply that was last changed long ago, so that a cache may believe it for days (RFC 9111)."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")
        request.end_headers()
        request.wfile.write(body)

    return reply


def made(directory: Path) -> Path:
    """`directory`, which is there afterwards."""
    directory.mkdir(exist_ok=True)
    return directory


def source(directory: Path, value: int) -> Path:
    """A source distribution of `part`, whose `value` is this."""
    project = make_project(directory / str(value), "part", files={"part.py": f"value = {value}\n"})
    archive = shutil.make_archive(str(directory / f"part-{value}"), "gztar", project.parent, "part")
    return Path(archive)


def wheel(directory: Path, value: int) -> Path:
    """A wheel of `part`, whose `value` is this."""
    return make_wheel(made(directory / str(value)), "part", files={"part.py": f"value = {value}\n"})


@both
@pytest.mark.parametrize(("name", "make"), [("part-1.0-py3-none-any.whl", wheel), ("part-1.0.tar.gz", source)])
@pytest.mark.parametrize("behind", [False, True], ids=["asked for", "needed by another"])
def test_a_file_published_anew_at_its_url_is_taken(
    resolver: str, name: str, make: object, behind: bool, machine: Machine, server: Server, tmp_path: Path
) -> None:
    assert callable(make)
    url = server.url(f"/{name}")
    if behind:
        make_wheel(made(machine.work / "links"), "app", requires=[f"part @ {url}"])
    for value in (1, 2):
        server.on(f"/{name}", aged(make(tmp_path, value).read_bytes()))
        asked = ["links/app-1.0-py3-none-any.whl"] if behind else [f"part @ {url}"]
        machine.well(*asked, "--no-index", "--resolver", resolver, "-o", "app.pex")
        machine.well("extract", "app.pex", f"wheels-{value}")
    one, two = (next((machine.work / f"wheels-{value}").glob("part*")).read_bytes() for value in (1, 2))
    assert one != two


@both
def test_refresh_builds_a_source_again(resolver: str, machine: Machine, server: Server, tmp_path: Path) -> None:
    served = made(tmp_path / "served")
    source(tmp_path, 1).rename(served / "part-1.0.tar.gz")
    url = serve(server, served)
    asked = ["part", "--index-url", url, "--resolver", resolver, "-o", "app.pex", "-v"]
    assert "build: part" in machine.well(*asked)
    assert "build: part" not in machine.well(*asked)
    assert "build: part" in machine.well(*asked, "--refresh")


def test_another_file_than_the_resolver_saw_is_told_without_a_lock(machine: Machine, server: Server) -> None:
    directory = made(machine.work / "served")
    path = make_wheel(directory, "part")
    url = serve(server, directory, reply=aged)
    machine.well("lock", "part", "--index-url", url, "--resolver", "uv", "-o", "pylock.toml")
    server.on(f"/files/{path.name}", replies.content(b"other"))
    said = machine.badly(3, "part", "--index-url", url, "--resolver", "uv", "-o", "app.pex")
    assert f"error: {path.name} is not the file that uv names" in said
    assert "hint: have it asked again: --refresh if it was published anew" in said
    assert "lock" not in said.replace("pylock", "")


def test_offline_nothing_can_be_asked_again(machine: Machine) -> None:
    said = machine.badly(2, "part", "--refresh", "--resolver", "uv", "-o", "app.pex", UV_OFFLINE="1")
    assert "error: --refresh asks again, and UV_OFFLINE forbids uv to ask" in said
