"""A file is the py_executable of Ray's workers, on a cluster of two nodes that have a Ray of their own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import console
from tests.engines.files import UNPACKING, build, environment_of, example
from tests.engines.processes import PATIENCE, processes

pytestmark = [pytest.mark.engines, pytest.mark.network]
WORKERS = 32
# Ray takes another address of the machine's in place of 127.0.0.1.
NODES = ("127.0.0.2", "127.0.0.3")

MANY = f"""
import json, os, sys
import ray

ray.init(runtime_env={{"working_dir": ".", "py_executable": sys.argv[1]}})

@ray.remote(num_cpus=1, scheduling_strategy="SPREAD")
class Worker:
    def where(self):
        from stdnum import isbn
        assert isbn.is_valid("9780131103627")
        return sys.executable, os.getpid()

workers = [Worker.remote() for _ in range({WORKERS})]
print(json.dumps(ray.get([worker.where.remote() for worker in workers])))
"""
# The settings of people with few processors: no worker but those that are asked for, and time for each.
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_worker_register_timeout_seconds": str(PATIENCE),
}


@dataclass(frozen=True)
class Built:
    """The example's directory with its file, and the environment that it was built in."""

    place: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def books() -> Iterator[Built]:
    # Ray makes sockets below its directory, whose paths may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        own = {**environment_of(directory), **SETTINGS, "RAY_TMPDIR": str(directory / "r")}
        (directory / "r").mkdir()
        place = example("ray", directory)
        build(place, own, "ray", "python-stdnum", "-o", "env.pex")
        application = directory / "project"
        application.mkdir()
        (application / "application.py").write_text("def main():\n    print('the application')\n")
        build(application, own, "ray", "python-stdnum", "-c", "application:main", "-o", str(place / "app.pex"))
        yield Built(place, own)


@pytest.fixture(scope="module")
def nodes_ray(books: Built) -> Path:
    """The command of the Ray that the nodes have: a venv's."""
    venv = books.place.parent / "venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(venv)], check=True, timeout=600)
    words = [*uv, "pip", "install", "-q", "--python", str(venv / "bin" / "python"), "ray"]
    subprocess.run(words, check=True, timeout=600)
    return venv / "bin" / "ray"


def test_the_example_does_what_its_readme_shows(books: Built, tmp_path: Path) -> None:
    directory = example("ray", tmp_path)
    console.assert_as_shown(directory / "README.md", directory, books.environment)


@pytest.mark.parametrize("name", ["env.pex", "app.pex"])
def test_every_node_unpacks_once_for_32_workers(books: Built, nodes_ray: Path, tmp_path: Path, name: str) -> None:
    environment = _with_a_token(books.environment, nodes_ray, tmp_path)
    temporary = Path(tempfile.mkdtemp(dir=books.place.parent))
    job = shutil.copytree(books.place, tmp_path / "job", ignore=shutil.ignore_patterns("*.pex"))
    shutil.copy(books.place / name, job)
    common = ["--num-cpus", str(WORKERS // len(NODES)), "--object-store-memory", "100000000", "--block"]
    with processes() as cluster:

        def start(node: str, *words: str) -> None:
            own = {**environment, "PEX_ROOT": str(tmp_path / node), "PEX_VERBOSE": "1"}
            command = [nodes_ray, "start", *words, "--node-ip-address", node, *common]
            log = cluster.start(command, tmp_path / f"{node}.log", tmp_path, own)
            cluster.said(log, "Ray runtime started")

        port = _free_port()
        start(NODES[0], "--head", "--port", port, "--include-dashboard", "false", "--temp-dir", str(temporary))
        start(NODES[1], "--address", f"{NODES[0]}:{port}")
        asked = {**environment, "RAY_ADDRESS": f"{NODES[0]}:{port}"}
        done = subprocess.run(
            [str(books.place / "env.pex"), "-c", MANY, f"./{name}"],
            cwd=job,
            env=asked,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert len({pid for _, pid in told}) == WORKERS
    programs = {program for program, _ in told}
    assert {program.partition("/lite-")[0] for program in programs} == {str(tmp_path / node) for node in NODES}
    said = [path.read_text(errors="replace") for path in temporary.glob("session_2*/logs/*") if path.is_file()]
    assert sum(text.count(UNPACKING) for text in said) == len(NODES)


def _with_a_token(environment: dict[str, str], ray: Path, directory: Path) -> dict[str, str]:
    """An environment for all of a cluster, with a new token in its home."""
    home = directory / "home"
    home.mkdir()
    own = {**environment, "HOME": str(home), "RAY_AUTH_MODE": "token"}
    subprocess.run(
        [str(ray), "get-auth-token", "--generate"], env=own, capture_output=True, check=True, timeout=PATIENCE
    )
    return own


def _free_port() -> str:
    with socket.socket() as free:
        free.bind((NODES[0], 0))
        return str(free.getsockname()[1])
