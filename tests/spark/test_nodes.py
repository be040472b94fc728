"""A file works on nodes as they are found: no home, read-only disks, several executors. Each task has one try."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.trials import mounted
from tests.spark.cluster import Cluster, cluster
from tests.spark.small import JOB, greeting_file
from tests.spark.versions import only_newest

pytestmark = [
    pytest.mark.spark,
    pytest.mark.network,
    only_newest,
    pytest.mark.skipif(os.getuid() != 0, reason="takes root, to be two users and to mount disks"),
]
# Several first starts at once on every node, each of an executor's own daemon.
CROWDED = ["--conf", "spark.executor.cores=2", "--conf", "spark.executor.memory=450m"]
# Tasks begin when all of them are there.
TOGETHER = ["--conf", "spark.scheduler.minRegisteredResourcesRatio=1"]
# Nothing but words in the executors' logs.
TELLING = ["--conf", "spark.executorEnv.PEX_VERBOSE=1"]


@pytest.fixture(params=[("missing", "of another user"), ("only read", "hidden")], ids=", ".join)
def homeless(spark_home: Path, place: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster of two users without a writable home, which works on a disk of its own."""
    temporary = place / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    variables = {"TMPDIR": str(temporary)}
    (place / "of another user").mkdir(mode=0o755)
    (place / "hidden").mkdir(mode=0o700)
    with mounted(place / "only read", "ro"), mounted(place / "disk", "mode=755") as disk:
        homes = [place / home for home in request.param]
        with cluster(spark_home, disk / "cluster", homes=homes, cores=4, variables=variables) as found:
            yield found


@pytest.fixture
def shared(place: Path) -> Iterator[Path]:
    """A file that nobody has unpacked, on a disk that all machines read and none can write to."""
    with mounted(place / "shared", "mode=755") as disk:
        greeting_file(disk / "env.pex", ballast=os.urandom(30 << 20))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield disk / "env.pex"


def test_every_user_unpacks_once_where_there_is_no_home(homeless: Cluster, shared: Path, place: Path) -> None:
    shutil.copy(JOB, place)
    done = homeless.submit([*CROWDED, *TOGETHER, *TELLING, "version.py"], place, PYSPARK_PYTHON=str(shared))
    assert done.returncode == 0, homeless.what_happened(done)
    roots = {Path(python.partition("/lite-2/")[0]) for _, python in json.loads(done.stdout.splitlines()[-1])}
    assert sorted(root.owner() for root in roots) == ["daemon", "nobody"]
    assert all(root.name.startswith("pexlite-") for root in roots)
    for worker in homeless.workers:
        said = "".join(log.read_text() for log in worker.work.glob("app-*/*/stderr"))
        assert said.count(" ms  calling pyspark.daemon\n") == 2
        assert said.count(" ms  unpacking ") == 1
    assert [path for home in ("of another user", "hidden") for path in (place / home).iterdir()] == []
