"""examples/pyspark works on a cluster as it says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests import console
from tests.checkout import REPOSITORY, environment_with_pexlite
from tests.spark.cluster import Cluster
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network]


@only_newest
def test_the_example_does_what_its_readme_shows(running: Cluster, place: Path, tmp_path: Path) -> None:
    directory = place / "pyspark"
    shutil.copytree(REPOSITORY / "examples" / "pyspark", directory)
    found = environment_with_pexlite(tmp_path)
    environment = {**found, **running.environment()}
    programs = [running.spark_home / "bin", tmp_path / "bin", environment["PATH"]]
    environment["PATH"] = os.pathsep.join(map(str, programs))
    del environment["PEX_ROOT"]  # the workers share none with this
    console.assert_as_shown(directory / "README.md", directory, environment)
