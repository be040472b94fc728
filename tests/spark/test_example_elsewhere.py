"""examples/pyspark works as it says where its file has come to, and in local mode with an older Spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spark.cluster import Cluster
from tests.spark.page import assert_page_is_true
from tests.spark.versions import VERSIONS, only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network]


@only_newest
def test_on_a_cluster(running: Cluster, place: Path, tmp_path: Path) -> None:
    assert_page_is_true(place, tmp_path, running, elsewhere=True)


@only_newest
def test_in_local_mode(spark_home: Path, place: Path, tmp_path: Path) -> None:
    assert_page_is_true(place, tmp_path, spark_home, elsewhere=True)


@pytest.mark.parametrize("spark_home", VERSIONS[:1], indirect=True)
@pytest.mark.parametrize("elsewhere", [False, True], ids=["where it was built", "elsewhere"])
def test_in_local_mode_with_an_older_spark(elsewhere: bool, spark_home: Path, place: Path, tmp_path: Path) -> None:
    assert_page_is_true(place, tmp_path, spark_home, elsewhere=elsewhere)
