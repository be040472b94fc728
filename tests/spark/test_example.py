"""examples/pyspark works as it says, where it was built: on a cluster and in local mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spark.cluster import Cluster
from tests.spark.page import assert_page_is_true
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network]


@only_newest
def test_on_a_cluster(running: Cluster, place: Path, tmp_path: Path) -> None:
    assert_page_is_true(place, tmp_path, running)


@only_newest
def test_in_local_mode(spark_home: Path, place: Path, tmp_path: Path) -> None:
    assert_page_is_true(place, tmp_path, spark_home)
