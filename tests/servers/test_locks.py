"""Locks that pip and uv themselves write from an index: built from, checked, and nothing resolved again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.resolve.resolvers import find_resolver
from tests.factories import make_wheel
from tests.index import page, serve
from tests.network import server as replies
from tests.network.server import Server
from tests.pylock.values import sha256
from tests.servers.conftest import Machine

PIP = (sys.executable, "-m", "pip")
UV = find_resolver("uv").program.command
PROJECT = """
[project]
name = "mine"
version = "1"
requires-python = ">=3.11"
dependencies = ["app"]
"""
WRITERS = {
    "pip lock": [*PIP, "lock", "--quiet", "app", "-o", "pylock.toml"],
    "uv pip compile": [
        *UV,
        "pip",
        "compile",
        "-q",
        "pyproject.toml",
        "--format",
        "pylock.toml",
        "-o",
        "pylock.toml",
    ],
    "uv export": [*UV, "export", "-q", "--no-emit-project", "--format", "pylock.toml", "-o", "pylock.toml"],
}


def write_lock(writer: str, machine: Machine, url: str) -> None:
    (machine.work / "pyproject.toml").write_text(PROJECT)
    own = {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url, "UV_PYTHON": sys.executable}
    subprocess.run(WRITERS[writer], cwd=machine.work, env=machine.environment | own, check=True)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_lock_of_another_tool_is_built_from_and_later_without_any_network(
    writer: str, machine: Machine, wheels: Path, server: Server
) -> None:
    write_lock(writer, machine, serve(server, wheels))
    make_wheel(wheels, "core", "3.0")
    serve(server, wheels)
    machine.well("--lock", "pylock.toml", "-o", "app.pex")
    assert "core-2.0" in machine.well("info", "app.pex", "--json")
    server.replies.clear()
    machine.well("--lock", "pylock.toml", "-o", "again.pex")
    assert (machine.work / "again.pex").read_bytes() == (machine.work / "app.pex").read_bytes()


@pytest.mark.parametrize("writer", WRITERS)
def test_its_hashes_are_checked(
    writer: str, machine: Machine, wheels: Path, server: Server, tmp_path: Path
) -> None:
    write_lock(writer, machine, serve(server, wheels))
    (tmp_path / "other").mkdir()
    other = make_wheel(tmp_path / "other", "core", "2.0", files={"core.py": "evil = True\n"})
    server.on(f"/files/{other.name}", replies.content(other.read_bytes()))
    said = machine.badly(3, "--lock", "pylock.toml", "-o", "app.pex")
    assert f"error: {other.name} " in said
    assert sha256(other) in said
    assert not (machine.work / "app.pex").exists()


@pytest.mark.parametrize("writer", WRITERS)
def test_locked_shows_what_no_longer_fits(writer: str, machine: Machine, wheels: Path, server: Server) -> None:
    write_lock(writer, machine, serve(server, wheels))
    machine.well("app", "--lock", "pylock.toml", "--locked", "-o", "app.pex")
    said = machine.badly(3, "app", "core<2", "--lock", "pylock.toml", "--locked", "-o", "app.pex")
    assert "error: pylock.toml no longer satisfies the requirements" in said
    assert "core" in said.partition("requirements")[2]


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_hashes_of_a_requirements_file_are_checked(
    resolver: str, machine: Machine, wheels: Path, server: Server
) -> None:
    lines = [
        f"{name} --hash=sha256:{sha256(wheels / file)}"
        for name, file in (
            ("app==1.0", "app-1.0-py3-none-any.whl"),
            ("core==1.0", "core-1.0-py3-none-any.whl"),
        )
    ]
    (machine.work / "requirements.txt").write_text("\n".join(lines) + "\n")
    url = serve(server, wheels)
    machine.well("-r", "requirements.txt", "--index-url", url, "--resolver", resolver, "-o", "app.pex")
    (machine.work / "requirements.txt").write_text("\n".join(lines).replace("core==1.0", "core==2.0") + "\n")
    said = machine.badly(
        3, "-r", "requirements.txt", "--index-url", url, "--resolver", resolver, "-o", "other.pex"
    )
    assert "no file of core" in said


@pytest.mark.parametrize("told", [True, False])
def test_what_is_excluded_from_a_lock_is_not_downloaded(
    told: bool, machine: Machine, wheels: Path, server: Server
) -> None:
    make_wheel(wheels, "mine")
    serve(server, wheels)
    lines = ['lock-version = "1.0"', 'created-by = "tests"']
    for name in ("app", "core", "mine"):
        file = next(wheels.glob(f"{name}-1.0*"))
        url = server.url(f"/files/{file.name}")
        lines += ["[[packages]]", f'name = "{name}"', 'version = "1.0"']
        lines.append(f'wheels = [{{ url = "{url}", hashes = {{ sha256 = "{sha256(file)}" }} }}]')
    (machine.work / "pylock.toml").write_text("\n".join(lines))
    app = "/files/app-1.0-py3-none-any.whl"
    if told:
        server.on(f"{app}.metadata", page("Metadata-Version: 2.1\nName: app\nVersion: 1.0\nRequires-Dist: core\n"))
    said = machine.well("--lock", "pylock.toml", "--exclude", "app", "-o", "app.pex")
    assert server.count(app) == 0
    held = machine.well("info", "app.pex", "--json")
    assert "mine-1.0" in held
    assert ("core-1.0" in held) is not told
    assert ("what only app needs, which is excluded, goes in" in said) is not told
