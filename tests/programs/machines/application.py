"""The application that files carry to machines: a word chooses what it tries, and it prints JSON."""

from __future__ import annotations

from pathlib import Path

from tests.factories import make_wheel

MODULE = "machine_journey"
# In Python 3.6 grammar, as a file may meet any Python from there on.
_SOURCE = """
import json
import multiprocessing
import subprocess
import sys


def facts():
    import platform
    import struct

    import click
    import requests

    kind = {"cpython": "cp", "pypy": "pp"}[sys.implementation.name]
    free = "t" if "t" in getattr(sys, "abiflags", "") else ""
    return {
        "python": "%s%d%d%s" % (kind, sys.version_info[0], sys.version_info[1], free),
        "machine": platform.machine(),
        "bits": 8 * struct.calcsize("P"),
        "modules": [click.__name__, requests.__name__],
        "of the app": [module.__file__.startswith(sys.prefix) for module in (click, requests)],
        "arguments": sys.argv[1:],
    }


def native():
    import markupsafe._speedups

    return [str(markupsafe.escape("<i>")), markupsafe._speedups.__name__]


def numbers():
    import numpy

    return [int(numpy.arange(10).sum()), float(numpy.linalg.det(numpy.eye(3)))]


def server():
    import http.server
    import threading

    import requests

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"served")

        def log_message(self, *words):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        text = requests.get("http://127.0.0.1:%d/" % served.server_address[1], timeout=60).text
        served.shutdown()
    return text


def child():
    code = "import click, requests, sys; print(click.__file__.startswith(sys.prefix))"
    return subprocess.check_output([sys.executable, "-c", code]).decode().split()


def square(number):
    import click  # what a worker needs is there

    return number * number, multiprocessing.current_process().name != "MainProcess", click.__name__


def pool(method):
    with multiprocessing.get_context(method).Pool(2) as workers:
        return workers.map(square, range(4))


def main():
    word = sys.argv[1]
    told = pool(word) if word in ("spawn", "forkserver", "fork") else globals()[word]()
    print(json.dumps(told))
    return 7
"""


def application_wheel(directory: Path) -> Path:
    """The wheel of the application; its console script is called as its module."""
    scripts = {"console_scripts": {MODULE: f"{MODULE}:main"}}
    return make_wheel(
        directory,
        "machine-journey",
        files={f"{MODULE}.py": _SOURCE},
        requires=("click", "requests"),
        entry_points=scripts,
    )
