"""Every form in which people hand a file to Spark works as it is, without a variable or a flag more."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import EntryPoint, StartKind
from tests.bundles import bundle_file
from tests.checkout import environment_with_pexlite
from tests.factories import make_wheel
from tests.spark.cluster import Cluster
from tests.spark.versions import VERSIONS, only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network]
EVERYTHING = Path(__file__).parent / "jobs" / "everything.py"
WHERE = EVERYTHING.with_name("where.py")
BOOKS = ["English|    42", "French|     7", "German|     7", "Japanese|     9", "no ISBN|     1"]


def everything(running: Cluster, words: list[str], cwd: Path, **variables: str) -> dict[str, Any]:
    """The JSON that jobs/everything.py prints; it has to end well."""
    shutil.copy(EVERYTHING, cwd / "everything.py")
    return everything_told(running, running.submit([*words, "everything.py", "one", "two"], cwd, **variables))


def everything_told(running: Cluster, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON that jobs/everything.py printed; it has to have ended well and done everything."""
    assert done.returncode == 0, running.what_happened(done)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["arguments"] == ["one", "two"]
    assert told["pandas_udf"] == 100
    assert told["mapInPandas"] == 50
    assert told["applyInPandas"] == [33, 33, 34]
    assert (told["rdd"], told["accumulator"]) == (135, 10)
    assert told.get("source") == (2 if running.version >= "4" else None)
    return told


def assert_workers_are_in_the_bundle(running: Cluster, told: dict[str, Any]) -> None:
    assert len(told["workers"]) == len(running.workers)
    homes = tuple(str(worker.home / ".pex") for worker in running.workers)
    for _, executable, pandas, pyspark in told["workers"]:
        assert executable.startswith(homes)
        assert pandas.startswith(homes)
        assert pyspark.startswith(str(running.spark_home))


@pytest.mark.parametrize("file", ["env.pex", "books.py"], ids=["an environment", "an application"])
def test_a_file_is_the_python_of_driver_and_executors(
    running: Cluster, files: Path, place: Path, file: str
) -> None:
    shutil.copy((files / file).with_suffix(".pex"), place / file)
    told = everything(running, ["--files", file], place, PYSPARK_PYTHON=f"./{file}")
    assert told["driver"].startswith(str(running.directory / "home" / ".pex"))
    assert_workers_are_in_the_bundle(running, told)


def test_spark_submit_takes_the_application_itself_from_anywhere(
    running: Cluster, files: Path, place: Path
) -> None:
    (place / "dist").mkdir()
    shutil.copy(files / "everything.pex", place / "dist" / "job.py")
    done = running.submit(["dist/job.py", "one", "two"], place)
    assert_workers_are_in_the_bundle(running, everything_told(running, done))


@only_newest
def test_the_python_that_a_cluster_names_runs_the_application(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "everything.pex", place / "job.py")
    done = running.submit(["job.py", "one", "two"], place, PYSPARK_PYTHON="/usr/bin/python3")
    assert_workers_are_in_the_bundle(running, everything_told(running, done))


@pytest.mark.parametrize(
    "file", ["env.pex", "with-pyspark.pex"], ids=["the cluster's pyspark", "a bundled pyspark"]
)
def test_a_job_that_the_file_runs_is_a_driver(running: Cluster, files: Path, place: Path, file: str) -> None:
    (place / "dist").mkdir()
    shutil.copy(files / file, place / "dist" / file)
    shutil.copy(EVERYTHING, place)
    if file == "env.pex":
        variables = {"PYTHONPATH": running.python_path}
    elif running.version == VERSIONS[-1]:
        variables = {"PEX_INTERPRETER": "1"}
    else:
        pytest.skip("the pyspark in the file is the newest")
    done = running.run([f"dist/{file}", "everything.py", "one", "two"], place, **variables)
    told = everything_told(running, done)
    assert told["driver"].startswith(str(running.directory / "home" / ".pex"))
    homes = tuple(str(worker.home / ".pex") for worker in running.workers)
    assert all(executable.startswith(homes) for _, executable, _, _ in told["workers"])


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
    variables = {"PYSPARK_DRIVER_PYTHON": "./env.pex", "PYSPARK_PYTHON": "./env"}
    done = running.submit(["--archives", "env.pex#env", "where.py"], place, **variables)
    assert done.returncode == 0, running.what_happened(done)
    assert all(str(worker.home / ".pex") in done.stdout for worker in running.workers)


@only_newest
def test_a_packed_environment_made_of_a_file(running: Cluster, files: Path, place: Path, tmp_path: Path) -> None:
    shutil.copy(files / "env.pex", place / "env.pex")
    environment = environment_with_pexlite(tmp_path)
    words = ["pexlite", "venv", "env.pex", "env.tar.gz", "--python", "/usr/bin/python3"]
    subprocess.run(words, cwd=place, env=environment, check=True)
    variables = {"PYSPARK_DRIVER_PYTHON": "./env.pex", "PYSPARK_PYTHON": "./env/bin/python"}
    told = everything(running, ["--archives", "env.tar.gz#env"], place, **variables)
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
    assert f"error: old.pex holds pyspark 3.4.4, and the Spark here is {running.version}" in done.stderr


def test_spark_refuses_cluster_deploy_mode(running: Cluster, files: Path, place: Path) -> None:
    shutil.copy(files / "books.pex", place / "books.py")
    done = running.submit(["--deploy-mode", "cluster", "books.py"], place)
    said = "Cluster deploy mode is currently not supported for python applications on standalone clusters."
    assert done.returncode != 0
    assert said in done.stderr
