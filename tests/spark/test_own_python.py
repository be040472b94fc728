"""Drivers and executors run on the Python that a file brings, where PYSPARK_PYTHON names the file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, OwnPython, StartKind, Variant
from pexlite.own_python.find import packed_python
from pexlite.own_python.selection import Wanted
from pexlite.own_python.source import source_of
from pexlite.store.store import Store
from tests.bundles import bundle_file
from tests.factories import make_wheel
from tests.spark.cluster import Cluster
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network, only_newest]
JOB = """
import json, sys
from pyspark.sql import SparkSession

def who(_):
    import time
    import greeting
    time.sleep(0.2)
    return greeting.VERSION, sys.base_prefix

context = SparkSession.builder.getOrCreate().sparkContext
found = sorted(set(context.parallelize(range(8), 8).map(who).collect()))
print(json.dumps({"driver": sys.base_prefix, "executors": found}))
"""
# The executors' own caches: none of them shares the driver's.
TOGETHER = ["--conf", "spark.scheduler.minRegisteredResourcesRatio=1"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnPython:
    """The Python that runs the tests, as a file carries it."""
    store = Store(tmp_path_factory.mktemp("store"))
    return packed_python(source_of(sys.base_prefix, store), Wanted(), store, lambda progress: None).python


@pytest.mark.parametrize("launcher", ["sh", "elf"])
def test_driver_and_workers_run_on_it(launcher: str, own: OwnPython, running: Cluster, place: Path) -> None:
    wheel = make_wheel(place, "greeting", files={"greeting/__init__.py": "VERSION = '1.0'\n"})
    options = LaunchOptions(launcher="elf" if launcher == "elf" else "sh")
    variants = (Variant((own.tag,), own.platform, None, None, (0,)),)
    kind = EntryPoint(StartKind.INTERPRETER)
    file = bundle_file(place / "env.pex", [wheel], kind, launch=options, variants=variants, own_pythons=(own,))
    (place / "job.py").write_text(JOB)
    brought = {"PYSPARK_PYTHON": f"./{file.name}", "PYSPARK_DRIVER_PYTHON": str(file)}
    name = f"lite-2/interpreters/{own.sha256[:32]}"
    for _ in range(2):
        done = running.submit([*TOGETHER, "--files", file, "job.py"], place, **brought)
        assert done.returncode == 0, running.what_happened(done)
        told = json.loads(done.stdout.splitlines()[-1])
        assert told["driver"].endswith(name)
        assert {version for version, _ in told["executors"]} == {"1.0"}
        prefixes = {Path(prefix) for _, prefix in told["executors"]}
        assert all(str(prefix).endswith(name) for prefix in prefixes)
        homes = {worker.home for worker in running.workers}
        assert {home for home in homes if any(prefix.is_relative_to(home) for prefix in prefixes)} == homes
