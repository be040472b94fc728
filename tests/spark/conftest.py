"""Fixtures: Spark from the package index, a cluster of it, and the files that tests submit."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import REPOSITORY, environment_with_pexlite
from tests.spark.cluster import PATH, Cluster, cluster, unpacked_spark
from tests.spark.versions import VERSIONS

# What the client of Spark Connect needs besides.
_CONNECT = ("grpcio", "grpcio-status", "googleapis-common-protos", "zstandard")


@pytest.fixture(scope="session")
def python() -> str:
    """The version of the Python on every machine of the cluster, as "3.11"."""
    program = shutil.which("python3", path=PATH)
    if shutil.which("java", path=PATH) is None or program is None:
        pytest.skip("Spark needs Java 17 and a python3: apt-get install openjdk-17-jre-headless python3")
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version.group(1)) < 17:
        pytest.skip(f"Spark needs Java 17, not {said.splitlines()[0]}: apt-get install openjdk-17-jre-headless")
    tell = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([program, "-c", tell], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session", params=VERSIONS)
def spark_home(request: pytest.FixtureRequest, python: str) -> Path:
    """An unpacked Spark, kept for later runs where other accounts can read it."""
    version: str = request.param
    if version.startswith("3.") and int(python.partition(".")[2]) > 11:
        pytest.skip(f"Spark {version} runs on Python 3.8 to 3.11, and this is {python}")
    return unpacked_spark(version)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that other accounts can read, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory(prefix="pexlite-spark-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def running(spark_home: Path) -> Iterator[Cluster]:
    """A cluster of good machines."""
    with tempfile.TemporaryDirectory(prefix="pexlite-spark-") as name:
        Path(name).chmod(0o755)
        with cluster(spark_home, Path(name)) as found:
            yield found


@pytest.fixture(scope="session")
def files(python: str) -> Iterator[Path]:
    """A directory with the files to submit: packages alone, and the application of examples/pyspark."""
    with tempfile.TemporaryDirectory(prefix="pexlite-spark-") as name:
        directory = Path(name)
        environment = environment_with_pexlite(directory)
        shutil.copytree(REPOSITORY / "examples" / "pyspark", directory / "pyspark")
        shutil.copy(Path(__file__).parent / "jobs" / "everything.py", directory)
        common = ["--python", "/usr/bin/python3", "-q"]
        for what, output in (
            (["pandas", "pyarrow"], "env.pex"),
            (["pandas", "pyarrow", *_CONNECT], "client.pex"),
            (["./pyspark"], "books.pex"),
            (["everything.py", "pandas", "pyarrow"], "everything.pex"),
            (["./pyspark", f"pyspark=={VERSIONS[-1]}"], "with-pyspark.pex"),
        ):
            subprocess.run(["pexlite", *what, *common, "-o", output], cwd=directory, env=environment, check=True)
        yield directory
