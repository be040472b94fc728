"""Dask and Ray: other engines whose workers run in the file that was started."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pexlite.model import BuildRequest
from pexlite.pipeline.build import build
from tests.bundles import environment, run

pytestmark = [pytest.mark.journey, pytest.mark.network]

# Where a worker runs, and where its numpy is from: not from the driver's memory but imported there.
WHERE = """
import json, os, sys

def where(number):
    import os, sys, numpy
    return os.getpid(), sys.executable, numpy.__file__

def tell(places):
    print(json.dumps([os.getpid(), sorted(set(map(tuple, places)))]))
"""
LOCAL_CLUSTER = f"""{WHERE}
from dask.distributed import Client, LocalCluster

def main():
    settings = dict(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    with LocalCluster(**settings) as cluster, Client(cluster) as client:
        tell(client.gather(client.map(where, range(8), pure=False)))

if __name__ == "__main__":
    main()
"""
CLIENT = f"""{WHERE}
from dask.distributed import Client

def main():
    with Client(sys.argv[1]) as client:
        client.wait_for_workers(1, timeout=120)
        tell(client.gather(client.map(where, range(8), pure=False)))
"""
RAY = f"""{WHERE}
import ray

def main():
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1")
    tell(ray.get([ray.remote(where).remote(number) for number in range(8)]))
    ray.shutdown()
"""


def application(directory: Path, source: str, *requirements: str) -> Path:
    """A file that runs the function `main` of `source`."""
    (directory / "application.py").write_text(source)
    request = BuildRequest(directory=directory, requirements=requirements, entry_point="application:main")
    return build(request).path


def assert_all_in_the_bundle(printed: str, root: Path) -> None:
    driver, places = json.loads(printed.splitlines()[-1])
    assert places
    assert driver not in [pid for pid, *_ in places]
    assert [place for place in places if not all(path.startswith(str(root)) for path in place[1:])] == []


def test_the_workers_of_a_local_dask_cluster_run_in_the_file(tmp_path: Path) -> None:
    file = application(tmp_path, LOCAL_CLUSTER, "dask[distributed]", "numpy")
    done = run([file], environment(tmp_path / "root"), cwd=tmp_path)
    assert_all_in_the_bundle(done.stdout, tmp_path / "root")


@contextlib.contextmanager
def started(words: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until the block ends; its output goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(words, env=dict(env), cwd=log.parent, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_dasks_scheduler_and_worker_are_processes_of_the_same_file(tmp_path: Path) -> None:
    file = application(tmp_path, CLIENT, "dask[distributed]", "numpy")
    env = environment(tmp_path / "root")
    as_dask = {**env, "PEX_SCRIPT": "dask"}
    log = tmp_path / "scheduler.log"
    scheduler = [str(file), "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with started(scheduler, as_dask, log) as process:
        address = _address(log, process)
        worker = [str(file), "worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard"]
        with started(worker, as_dask, tmp_path / "worker.log"):
            done = run([file, address], env, cwd=tmp_path)
    assert_all_in_the_bundle(done.stdout, tmp_path / "root")


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)", log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.1)
    raise AssertionError(f"the scheduler did not start:\n{log.read_text()}")


def test_rays_workers_run_in_the_file(tmp_path: Path) -> None:
    file = application(tmp_path, RAY, "ray", "numpy")
    home = tmp_path / "home"  # ray leaves a token there
    home.mkdir()
    # Its sockets need a short path.
    with tempfile.TemporaryDirectory(prefix="ray-") as place:
        env = environment(tmp_path / "root", HOME=str(home), RAY_TMPDIR=place, RAY_USAGE_STATS_ENABLED="0")
        done = run([file], env, cwd=tmp_path)
    assert_all_in_the_bundle(done.stdout, tmp_path / "root")
