"""Rows: servers, workers, schedulers and test runners: what starts other processes."""

from __future__ import annotations

from tests.programs.conformance.application import Application

NOTEBOOK = """{"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [],
"source": ["import sys\\n", "print('cell', 6 * 7)"]}], "metadata": {"kernelspec": {"display_name": "Python 3",
"language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}"""

SPAWN = """
import multiprocessing
import sys


def double(number):
    import tabulate
    return number * 2, tabulate.__version__


if __name__ == "__main__":
    for method in ("spawn", "forkserver", "fork"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(double, range(4)))
"""

GRPC = """
import grpc
from concurrent import futures


class Echo(grpc.GenericRpcHandler):
    def service(self, call):
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request[::-1])


server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Echo(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel("127.0.0.1:%d" % port) as channel:
    print(channel.unary_unary("/echo/Turn")(b"hello", timeout=10))
server.stop(None).wait()
"""

CELERY = """
from celery import Celery

app = Celery("tasks", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True


@app.task
def add(x, y):
    return x + y


print(add.delay(2, 3).get(), sorted(app.tasks)[-1])
"""

DISTRIBUTED = """
from distributed import Client, LocalCluster


def where(number):
    import os, sys
    return number * number, sys.prefix, os.getpid()


if __name__ == "__main__":
    import os, sys
    with LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            answers = client.gather(client.map(where, range(8)))
    print([answer[0] for answer in answers])
    print({answer[1] == sys.prefix for answer in answers}, os.getpid() in {answer[2] for answer in answers})
"""

JOBLIB = """
from joblib import Parallel, delayed


def cube(number):
    import joblib
    return number ** 3, joblib.__version__


if __name__ == "__main__":
    print(Parallel(n_jobs=2, backend="loky")(delayed(cube)(number) for number in range(5)))
"""

TESTS = """
import pytest


@pytest.mark.parametrize("number", range(6))
def test(number):
    assert number < 6
"""

FLASK = """
import socket, subprocess, sys, time

server = subprocess.Popen(
    [sys.executable, "-m", "gunicorn", "-w", "2", "-b", "unix:it.sock", "served:app"], stderr=subprocess.DEVNULL
)
try:
    for _ in range(200):
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect("it.sock")
            break
        except OSError:
            time.sleep(0.1)
    line.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    answer = b""
    while part := line.recv(4096):
        answer += part
    print(answer.split()[1], answer.rpartition(b"\\r\\n")[2])
finally:
    server.terminate()
    print(server.wait(20))
"""

SERVED = """
import flask

app = flask.Flask("x")


@app.get("/")
def home():
    return flask.render_template_string("{{ 6 * 7 }}")
"""

FASTAPI = """
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


@app.get("/{number}")
def double(number: int) -> dict:
    return {"double": number * 2}


client = TestClient(app)
print(client.get("/4").json(), client.get("/x").status_code, sorted(client.get("/openapi.json").json()))
"""

AIOHTTP = """
import asyncio
from aiohttp import ClientSession, web


async def main():
    async def hello(request):
        return web.json_response({"path": request.path})

    app = web.Application()
    app.router.add_get("/{tail:.*}", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/a/b") as answer:
        print(answer.status, await answer.json())
    await runner.cleanup()


asyncio.run(main())
"""

TWISTED = """
from twisted.internet import defer, reactor, task
from twisted.internet.utils import getProcessOutput
import sys


async def main(reactor):
    print((await getProcessOutput(sys.executable, ["-c", "import twisted; print(twisted.__name__)"])).decode())


task.react(lambda reactor: defer.ensureDeferred(main(reactor)))
"""

ZMQ = """
import threading, zmq
context = zmq.Context()
server = context.socket(zmq.REP)
port = server.bind_to_random_port("tcp://127.0.0.1")
threading.Thread(target=lambda: server.send(server.recv()[::-1]), daemon=True).start()
client = context.socket(zmq.REQ)
client.connect("tcp://127.0.0.1:%d" % port)
client.send(b"hello")
print(client.recv())
"""

COVERED = """
import subprocess, sys


def test():
    assert subprocess.run([sys.executable, "-c", "import covered; covered.f(1)"]).returncode == 0
"""

EXECUTABLE = """
import subprocess, sys
child = "import sys, tabulate; print(tabulate.tabulate([[1, 2]]), sys.argv, sys.flags.isolated)"
print(subprocess.run([sys.executable, "-c", child, "a"], capture_output=True, text=True).stdout)
print(subprocess.run([sys.executable, "-m", "tabulate", "-h"], capture_output=True, text=True).stdout[:60])
"""

FUTURES = """
import concurrent.futures, os, threading


def work(number):
    import more_itertools
    return more_itertools.nth(range(10, 20), number)


if __name__ == "__main__":
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print(list(pool.map(work, range(4))))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        print(list(pool.map(work, range(4))))
"""

PROCESSES = (
    Application(
        "pytest-xdist",
        ("pytest", "pytest-xdist"),
        ("-n", "2", "-q", "-p", "no:cacheprovider", "test_it.py"),
        script="pytest",
        files={"test_it.py": TESTS},
        contains="6 passed",
    ),
    Application(
        "nbconvert",
        ("nbconvert", "ipykernel"),
        ("nbconvert", "--execute", "--to", "markdown", "--stdout", "book.ipynb"),
        script="jupyter",
        files={"book.ipynb": NOTEBOOK},
        contains="cell 42",
    ),
    Application("grpcio", ("grpcio",), ("it.py",), files={"it.py": GRPC}),
    Application("celery", ("celery",), ("it.py",), files={"it.py": CELERY}),
    Application("distributed", ("distributed",), ("it.py",), files={"it.py": DISTRIBUTED}),
    Application("joblib", ("joblib",), ("it.py",), files={"it.py": JOBLIB}),
    Application("spawn", ("tabulate",), ("it.py",), files={"it.py": SPAWN}),
    Application("gunicorn", ("gunicorn", "flask"), ("it.py",), files={"it.py": FLASK, "served.py": SERVED}),
    Application("fastapi", ("fastapi", "httpx"), ("it.py",), files={"it.py": FASTAPI}),
    Application("aiohttp", ("aiohttp",), ("it.py",), files={"it.py": AIOHTTP}),
    Application("twisted", ("twisted",), ("it.py",), files={"it.py": TWISTED}),
    Application("pyzmq", ("pyzmq",), ("it.py",), files={"it.py": ZMQ}),
    Application("executable", ("tabulate",), ("it.py",), files={"it.py": EXECUTABLE}),
    Application("futures", ("more-itertools",), ("it.py",), files={"it.py": FUTURES}),
    Application(
        "pytest-cov",
        ("pytest", "pytest-cov"),
        ("-q", "-p", "no:cacheprovider", "--cov=covered", "--cov-report=term", "test_it.py"),
        script="pytest",
        files={"test_it.py": COVERED, "covered.py": "def f(x):\n    return x\n"},
        contains="1 passed",
    ),
    Application(
        "virtualenv",
        ("virtualenv",),
        ("-q", "--no-download", "--no-periodic-update", "{work}/made"),
        script="virtualenv",
        makes=("made/bin/python", "made/bin/pip"),
    ),
    Application(
        "tox",
        ("tox",),
        ("-q", "-e", "py", "--skip-pkg-install"),
        script="tox",
        files={"tox.ini": "[testenv]\nskip_install = true\ncommands = python -c 'print(6 * 7)'\n"},
        contains="42",
    ),
    Application("pip", ("pip", "tabulate"), ("list", "--format=freeze"), script="pip"),
)
