"""Workers and executors killed while a node unpacks: the rest goes on, nothing half-done is used or left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.spark.cluster import HALF, Cluster, Worker
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network, only_newest]
WHERE = Path(__file__).parent / "jobs" / "where.py"


@pytest.fixture
def cold(running: Cluster, files: Path, place: Path) -> Cluster:
    """A cluster with nothing unpacked yet; `place` has the files to submit."""
    shutil.copy(files / "env.pex", place)
    os.link(place / "env.pex", place / "other.pex")
    shutil.copy(WHERE, place)
    for worker in running.workers:
        shutil.rmtree(worker.home / ".pex", ignore_errors=True)
    return running


@pytest.mark.parametrize("victim", ["worker", "executor"])
def test_a_task_that_may_be_tried_again_succeeds(cold: Cluster, place: Path, victim: str) -> None:
    job = begin(cold, place, "env.pex", "--conf", "spark.task.maxFailures=4")
    worker = unpacking(cold.workers[0], job)
    os.kill(worker if victim == "worker" else parent(worker), signal.SIGKILL)
    printed, said = job.communicate(timeout=300)
    assert job.returncode == 0, f"{printed}\n{said}"
    assert_went_well(cold, begin(cold, place, "env.pex"))
    assert_all_is_whole(cold, place)


def test_a_job_that_waits_for_the_killed_worker_of_another_succeeds_at_once(cold: Cluster, place: Path) -> None:
    """The other job's task has failed, by Spark's own rules: each has one try here."""
    jobs = {name: begin(cold, place, name, *HALF) for name in ("env.pex", "other.pex")}
    worker = unpacking(cold.workers[0], *jobs.values())
    killed = next(name for name in jobs if name in command_line(worker))
    os.kill(worker, signal.SIGKILL)
    jobs[killed].communicate(timeout=300)
    assert jobs[killed].returncode == 1
    assert_went_well(cold, next(job for name, job in jobs.items() if name != killed))
    assert_went_well(cold, begin(cold, place, killed))
    assert_all_is_whole(cold, place)


def begin(cluster: Cluster, place: Path, file: str, *words: str) -> subprocess.Popen[str]:
    """A running job in `file`."""
    # Tasks begin when all executors are there.
    together = ["--conf", "spark.scheduler.minRegisteredResourcesRatio=1"]
    program = str(cluster.spark_home / "bin" / "spark-submit")
    command = [program, "--files", file, *together, *words, "where.py"]
    environment = cluster.environment(PYSPARK_PYTHON=f"./{file}")
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=place, env=environment, stdout=pipe, stderr=pipe, text=True)


def unpacking(node: Worker, *jobs: subprocess.Popen[str]) -> int:
    """The pid of the process that unpacks on `node`, as soon as there is one."""
    while any(job.poll() is None for job in jobs):
        for half in node.home.glob(".pex/lite-2/wheels/.*"):
            return int(half.name.split("-")[1])
        time.sleep(0.001)
    raise AssertionError(f"nothing was ever being unpacked: {[job.communicate() for job in jobs]}")


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def assert_went_well(cluster: Cluster, job: subprocess.Popen[str]) -> None:
    printed, said = job.communicate(timeout=300)
    assert job.returncode == 0, f"{printed}\n{said}"
    assert all(str(worker.home) in printed for worker in cluster.workers)


def assert_all_is_whole(cluster: Cluster, place: Path) -> None:
    for worker in cluster.workers:
        root = worker.home / ".pex" / "lite-2"
        assert [path.name for path in root.glob("*/.*")] == []
        assert len(list(root.glob("apps/*-cp*"))) == 1
        words = [str(place / "env.pex"), "verify", "--cache"]
        done = cluster.run(words, place, PEX_TOOLS="1", PEX_ROOT=str(worker.home / ".pex"))
        assert done.returncode == 0, done.stderr
