"""Every way of bringing packages to executors does the work that the benchmark times it for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.bench import spark
from tests.programs.bench.setting import Setting
from tests.programs.bench.workloads import MADE_BY_CODE
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network]


@only_newest
def test_workers_and_first_results_are_measured_beside_a_plain_venv(spark_home: Path, place: Path) -> None:
    setting = Setting(place, Path("/usr/bin/python3"))
    setting.install("pexlite")
    found = list(spark.rows(setting, MADE_BY_CODE, 1, ("venv", "pexlite")))
    assert [one.way for one in found] == ["worker start", "first result, empty caches", "first result, warm"]
    for one in found:
        for tool, figure in one.figures.items():
            assert figure.runs, f"{tool}: {figure.note}"
