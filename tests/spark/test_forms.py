"""Every form in which people hand a file to Spark works as it is, without a variable or a flag more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import EntryPoint, StartKind
from tests.bundles import bundle_file
from tests.factories import make_wheel
from tests.spark.cluster import Cluster
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network]
EVERYTHING = Path(__file__).parent / "jobs" / "everything.py"
WHERE = EVERYTHING.with_name("where.py")
BOOKS = ["English|    42", "French|     7", "German|     7", "Japanese|     9", "no ISBN|     1"]


def everything(running: Cluster, words: list[str], cwd: Path, **variables: str) -> dict[str, Any]:
    """What jobs/everything.py tells, having run well."""
    shutil.copy(EVERYTHING, cwd / "everything.py")
    done = running.submit([*words, "everything.py", "one", "two"], cwd, **variables)
    assert done.returncode == 0, running.what_happened(done)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["arguments"] == ["one", "two"]
    assert told["pandas_udf"] == 100
    assert told["mapInPandas"] == 50
    assert told["applyInPandas"] == [33, 33, 34]
    assert (told["rdd"], told["accumulator"]) == (135, 10)
    assert told.get("source", 2) == 2
    return told


def assert_workers_are_in_the_bundle(running: Cluster, told: dict[str, Any]) -> None:
    assert len(told["workers"]) == len(running.workers)
    homes = tuple(str(worker.home / ".pex") for worker in running.workers)
    for _, executable, pandas, pyspark in told["workers"]:
        assert executable.startswith(homes)
        assert pandas.startswith(homes)
        assert pyspark.startswith(str(running.spark_home))


@pytest.mark.parametrize("file", ["env.pex", "books.pex"], ids=["an environment", "an application"])
def test_a_file_is_the_python_of_driver_and_executors(
    running: Cluster, files: Path, place: Path, file: str
) -> None:
    shutil.copy(files / file, place / file)
    told = everything(running, ["--files", file], place, PYSPARK_PYTHON=f"./{file}")
    assert told["driver"].startswith(str(running.directory / "home" / ".pex"))
    assert_workers_are_in_the_bundle(running, told)


def test_spark_submit_takes_the_application_itself(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "books.pex", place / "books.py")
    done = running.submit(["books.py"], place)
    assert done.returncode == 0, running.what_happened(done)
    assert [line for line in BOOKS if line not in done.stdout] == []


@only_newest
def test_the_settings_can_be_said_instead(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "books.pex", place / "my books.py")
    words = ["--files", "my books.py", "--conf", "spark.pyspark.python=./my books.py", "my books.py"]
    done = running.submit(words, place)
    assert done.returncode == 0, running.what_happened(done)
    assert [line for line in BOOKS if line not in done.stdout] == []


@only_newest
def test_a_job_with_pyspark_inside_is_a_driver_by_itself(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "with-pyspark.pex", place / "books.pex")
    done = running.run(["env", "-u", "SPARK_HOME", "./books.pex"], place)
    assert done.returncode == 0, running.what_happened(done)
    assert [line for line in BOOKS if line not in done.stdout] == []


@only_newest
def test_an_archive_that_spark_only_copies(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "env.pex", place)
    shutil.copy(WHERE, place)
    variables = {"PYSPARK_DRIVER_PYTHON": "./env.pex", "PYSPARK_PYTHON": "./environment"}
    done = running.submit(["--archives", "env.pex#environment", "where.py"], place, **variables)
    assert done.returncode == 0, running.what_happened(done)
    assert all(str(worker.home / ".pex") in done.stdout for worker in running.workers)


@only_newest
def test_a_packed_environment_made_of_a_file(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "env.pex", place / "env.pex")
    made = running.run(["./env.pex", "venv", "environment"], place, PEX_TOOLS="1")
    packed = running.run(["tar", "czf", "environment.tar.gz", "-C", "environment", "."], place)
    assert (made.returncode, packed.returncode) == (0, 0), made.stderr
    variables = {"PYSPARK_DRIVER_PYTHON": "./env.pex", "PYSPARK_PYTHON": "./environment/bin/python"}
    told = everything(running, ["--archives", "environment.tar.gz#environment"], place, **variables)
    for worker, (_, executable, pandas, _) in zip(running.workers[::-1], told["workers"], strict=True):
        assert executable.startswith(str(worker.work))
        assert pandas.startswith(str(worker.work))


@only_newest
def test_a_pyspark_that_is_not_the_clusters_is_told_to_the_driver(running: Cluster, place: Path) -> None:
    pyspark = make_wheel(place, "pyspark", "3.4.4", files={"pyspark/__init__.py": ""})
    bundle_file(place / "old.pex", [pyspark], EntryPoint(StartKind.INTERPRETER))
    (place / "job.py").write_text(
        "from pyspark import SparkContext\nSparkContext().parallelize([1]).map(str).collect()\n"
    )
    variables = {"PYSPARK_DRIVER_PYTHON": "python3", "PYSPARK_PYTHON": "./old.pex"}
    done = running.submit(["--files", "old.pex", "job.py"], place, **variables)
    version = running.spark_home.parent.name.partition("-")[2]
    assert f"error: old.pex holds pyspark 3.4.4, and the Spark here is {version}" in done.stderr
