"""Functions sent by Spark Connect run in the client's file."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spark.cluster import Cluster, said, stop
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network, only_newest]
REMOTE = Path(__file__).parent / "jobs" / "remote.py"
_SERVER = """
--class org.apache.spark.sql.connect.service.SparkConnectServer
--conf spark.connect.grpc.binding.address=127.0.0.1 --conf spark.connect.grpc.binding.port=0 spark-internal
"""


@contextlib.contextmanager
def connect_server(running: Cluster, place: Path) -> Iterator[str]:
    """The address of a Spark Connect server whose jobs run on the cluster."""
    log = place / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [running.spark_home / "bin" / "spark-submit", *_SERVER.split()],
            cwd=place,
            env=running.environment(SPARK_DAEMON_MEMORY="512m"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield "sc://127.0.0.1:" + said(log, r"Spark Connect server started at: \S*:(\d+)", server)
    finally:
        stop([server])


def test_a_client_adds_its_file_as_an_artifact(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "client.pex", place)
    shutil.copy(REMOTE, place)
    # The client's pyspark is Spark's own, whose version is the server's.
    with connect_server(running, place) as address:
        words = ["./client.pex", "remote.py", address, "client.pex"]
        done = running.run(words, place, PYTHONPATH=running.python_path)
    assert done.returncode == 0, running.what_happened(done)
    places = json.loads(done.stdout.splitlines()[-1])
    assert sorted(place.partition("/.pex/")[0] for place in places) == [str(w.home) for w in running.workers]
