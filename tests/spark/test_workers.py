"""Spark starts a worker in several ways, by its settings and by the file's name, and each works."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.spark.cluster import Cluster
from tests.spark.small import application, greeting_file

pytestmark = [pytest.mark.spark, pytest.mark.network]
SETTINGS = Path(__file__).parent / "jobs" / "settings.py"
# Several settings and a strange name at once: a context takes seconds. Spark 3.5 leaves out what it does not know.
CASES: dict[str, tuple[str, dict[str, str]]] = {
    "watched": (
        "my environment",
        {
            "spark.python.worker.reuse": "false",
            "spark.python.profile": "true",
            "spark.python.worker.faulthandler.enabled": "true",
            "spark.executorEnv.PYTHONPATH": "{place}/decoy",
        },
    ),
    "sh header, a process for each task": (
        "\u73af\u5883 a'b\"$HOME&.pex",
        {"spark.python.use.daemon": "false", "spark.task.cpus": "2"},
    ),
    "application, no TCP, switches": (
        "job.py",
        {
            "spark.python.unix.domain.socket.enabled": "true",
            "spark.executorEnv.PEX_VERBOSE": "1",
            "spark.executorEnv.PEX_INTERPRETER": "1",
        },
    ),
    "own daemon, short of work": (
        "env.pex",
        {"spark.python.daemon.module": "own_daemon", "spark.python.worker.idleTimeoutSeconds": "1"},
    ),
}


def test_the_bundle_is_there_however_spark_starts_a_worker(running: Cluster, place: Path) -> None:
    greeting_file(place / "env.pex")
    application(place / "job.py", "1.0")
    watched, each = [file for file, _ in CASES.values()][:2]
    shutil.copy(place / "env.pex", place / watched)
    greeting_file(place / each, sh_boot=True)
    (place / "sent.py").write_text("")
    (place / "own_daemon.py").write_text("from pyspark import daemon\ndaemon.manager()\n")
    (place / "decoy").mkdir()
    (place / "decoy" / "greeting.py").write_text("VERSION = 'decoy'\n")
    shutil.copy(SETTINGS, place)
    cases = {
        name: (file, {key: value.format(place=place) for key, value in settings.items()})
        for name, (file, settings) in CASES.items()
    }
    (place / "cases.json").write_text(json.dumps(cases))
    done = running.submit(["settings.py", "cases.json"], place)
    assert done.returncode == 0, running.what_happened(done)
    told = json.loads(next(line for line in done.stdout.splitlines() if line[:1] == "{"))  # profiles follow
    assert set(told) == set(CASES)
    homes = tuple(str(worker.home / ".pex") for worker in running.workers)
    for name, found in told.items():
        for version, path, sent in found:
            assert (version, path.startswith(homes)) == ("1.0", True), (name, version, path)
            assert sent.startswith(str(running.directory)) and "work/app-" in sent
