"""A file is scheduler, workers and job of Dask clusters: 32 workers at once, and over ssh."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engines.files import UNPACKING, build, environment_of, example
from tests.engines.processes import PATIENCE, processes
from tests.ssh_server import running_server

pytestmark = [pytest.mark.engines, pytest.mark.network]
WORKERS = 32
NODES = ("node-1", "node-2")
AREAS = "English   42\nFrench     7\nGerman     7\nJapanese   9\nno ISBN    1\n"

# Every worker has to be there before any task begins, and each says where it runs.
MANY = f"""
import json, os, sys
from distributed import Client

def where():
    return sys.executable, os.getpid()

with Client(scheduler_file="cluster.json") as client:
    client.wait_for_workers({WORKERS}, timeout={PATIENCE})
    print(json.dumps(list(client.run(where).values())))
"""
OVER_SSH = """
import json, sys
from distributed import Client, SSHCluster
from books.numbers import area

def where(number):
    return area(number), sys.executable

port, key, python = sys.argv[1:]
cluster = SSHCluster(
    ["127.0.0.1", "127.0.0.1"],
    connect_options={"port": int(port), "client_keys": [key], "known_hosts": None, "config": None},
    worker_options={"n_workers": 2, "nthreads": 1, "host": "127.0.0.1"},
    scheduler_options={"host": "127.0.0.1", "port": 0, "dashboard": False},
    remote_python=python,
)
with cluster, Client(cluster) as client:
    client.wait_for_workers(2)
    print(json.dumps(client.gather(client.map(where, ["9780131103627", "4"]))))
"""


@dataclass(frozen=True)
class Built:
    """The example's file, asyncssh in it, and the environment that it was built in."""

    file: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    directory = tmp_path_factory.mktemp("dask")
    environment = environment_of(directory)
    place = example("dask", directory)
    build(place, environment, ".", "asyncssh", "-o", "books.pex")
    yield Built(place / "books.pex", environment)
    shutil.rmtree(directory)


def test_every_node_unpacks_once_for_32_workers(books: Built, tmp_path: Path) -> None:
    own = {**books.environment, "PEX_SCRIPT": "dask", "PEX_VERBOSE": "1"}
    address = ["--scheduler-file", "cluster.json", "--host", "127.0.0.1"]
    with processes() as cluster:
        words = [books.file, "scheduler", *address, "--port", "0", "--no-dashboard"]
        cluster.said(cluster.start(words, tmp_path / "scheduler.log", tmp_path, own), "Scheduler at")
        logs: dict[str, list[Path]] = {node: [] for node in NODES}
        for number in range(WORKERS):
            node = NODES[number % len(NODES)]
            words = [books.file, "worker", *address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
            log = tmp_path / f"worker-{number}.log"
            on_node = {**own, "PEX_ROOT": str(tmp_path / node)}
            logs[node].append(cluster.start(words, log, tmp_path, on_node))
        asked = {**books.environment, "PEX_INTERPRETER": "1"}
        told = json.loads(_run([books.file, "-c", MANY], tmp_path, asked))
        assert _run([books.file, "cluster.json"], tmp_path, books.environment) == AREAS
    assert len({pid for _, pid in told}) == WORKERS
    for node in NODES:
        assert sum(log.read_text().count(UNPACKING) for log in logs[node]) == 1
        assert sum(program.startswith(f"{tmp_path}/{node}/") for program, _ in told) == WORKERS // len(NODES)


def test_a_file_is_the_remote_python_of_an_ssh_cluster(books: Built, tmp_path: Path) -> None:
    with running_server(tmp_path, books.environment["PATH"]) as server:
        there = server.home / "books.pex"
        shutil.copy(books.file, there)
        job = {**books.environment, "PEX_INTERPRETER": "1"}
        port = (tmp_path / "config").read_text().partition("Port ")[2].split()[0]
        told = json.loads(_run([books.file, "-c", OVER_SSH, port, tmp_path / "user", there], tmp_path, job))
    assert [area for area, _ in told] == ["English", "no ISBN"]
    assert {program.startswith(f"{server.home}/.pex/") for _, program in told} == {True}


def _run(words: list[str | Path], cwd: Path, environment: dict[str, str]) -> str:
    """The output of a job that ends well."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
