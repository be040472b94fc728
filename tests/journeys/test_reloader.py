"""A development server that restarts itself, from a file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pexlite.model import BuildRequest
from pexlite.pipeline.build import build
from tests.bundles import environment

pytestmark = [pytest.mark.journey, pytest.mark.network]

WEB = """
import flask, sys
app = flask.Flask(__name__)


@app.route("/")
def index():
    return "{word} " + sys.prefix
"""


def answer(port: int, word: str) -> str:
    """The page, once it begins with `word`; "" when it never does."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            page: str = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read().decode()
            if page.startswith(word):
                return page
        time.sleep(0.2)
    return ""


@pytest.mark.parametrize("sealed", [True, False], ids=["entry point", "PEX_SCRIPT"])
def test_flask_reloads_in_the_bundle(sealed: bool, tmp_path: Path) -> None:
    file = tmp_path / "flask.pex"
    request = BuildRequest(
        directory=tmp_path, requirements=("flask",), script="flask" if sealed else None, output=file
    )
    build(request)
    web = tmp_path / "web.py"
    web.write_text(WEB.format(word="first"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {} if sealed else {"PEX_SCRIPT": "flask"}
    server = subprocess.Popen(
        [sys.executable, file, "--app", "web", "run", "--debug", "--port", str(port)],
        cwd=tmp_path,
        env=environment(tmp_path / "root", **variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        before = answer(port, "first")
        assert before
        web.write_text(WEB.format(word="second"))
        assert answer(port, "second").split() == ["second", before.split()[1]]
        assert before.split()[1].startswith(str(tmp_path / "root"))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
