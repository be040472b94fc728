"""Nodes as they are found: no home, several executors at once, workers that are killed. One try for every task."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spark.cluster import Cluster, cluster
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network, only_newest]
# One executor for each core: several first starts at once on every node.
CROWDED = ["--conf", "spark.executor.cores=1", "--conf", "spark.executor.memory=450m"]
# A process for each task, not forks of one that was there first.
EACH = ["--conf", "spark.python.use.daemon=false"]
WHERE = Path(__file__).parent / "jobs" / "where.py"


@pytest.fixture
def homeless(spark_home: Path, place: Path) -> Iterator[Cluster]:
    """A cluster of two users: one's home directory is missing, the other's is root's."""
    closed = place / "closed"
    closed.mkdir(mode=0o755)
    temporary = place / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    homes = (Path("/nonexistent"), closed)
    variables = {"TMPDIR": str(temporary)}
    with cluster(spark_home, place / "cluster", homes=homes, variables=variables) as found:
        yield found


def test_every_user_unpacks_once_where_there_is_no_home(homeless: Cluster, files: Path, place: Path) -> None:
    if os.getuid():
        pytest.skip("takes root, to be two users")
    shutil.copy(files / "env.pex", place)
    shutil.copy(WHERE, place)
    done = homeless.submit([*CROWDED, *EACH, "--files", "env.pex", "where.py"], place, PYSPARK_PYTHON="./env.pex")
    assert done.returncode == 0, homeless.what_happened(done)
    roots = list((place / "tmp").glob("pexlite-*"))
    assert sorted(root.owner() for root in roots) == ["daemon", "nobody"]
    for root in roots:
        assert len(list((root / "lite-1" / "apps").glob("*-cp*"))) == 1
        assert str(root) in done.stdout
    assert list((place / "closed").iterdir()) == []


def test_a_worker_killed_while_it_unpacks_harms_nobody(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "env.pex", place)
    shutil.copy(WHERE, place)
    for worker in running.workers:
        shutil.rmtree(worker.home / ".pex", ignore_errors=True)
    # Here a task may be tried again: the one whose worker is killed.
    words = ["--files", "env.pex", "--conf", "spark.task.maxFailures=4", "where.py"]
    command = [str(running.spark_home / "bin" / "spark-submit"), *words]
    environment = running.environment(PYSPARK_PYTHON="./env.pex")
    with subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as job:
        os.kill(_unpacking(running.workers[0].home, job), signal.SIGKILL)
        printed, said = job.communicate(timeout=300)
    assert job.returncode == 0, f"{printed}\n{said}"
    assert all(str(worker.home) in printed for worker in running.workers)


def _unpacking(home: Path, job: subprocess.Popen[str]) -> int:
    """The pid of the process that unpacks into `home`, as soon as there is one."""
    while job.poll() is None:
        for half in home.glob(".pex/lite-1/wheels/.*"):
            return int(half.name.split("-")[1])
        time.sleep(0.001)
    raise AssertionError(f"nothing was ever being unpacked: {job.communicate()}")
