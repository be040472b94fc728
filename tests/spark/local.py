"""Spark in local mode: one Java that is master, driver's JVM and executors at once."""

from __future__ import annotations

from pathlib import Path

from tests.spark.cluster import PATH

_SETTINGS = """\
spark.ui.enabled false
spark.ui.showConsoleProgress false
spark.driver.memory 512m
spark.sql.shuffle.partitions 4
"""


def local_environment(spark_home: Path, directory: Path) -> dict[str, str]:
    """The variables of a person who has unpacked the Spark in `spark_home`, and no master."""
    configuration = directory / "conf"
    configuration.mkdir()
    (configuration / "spark-defaults.conf").write_text(_SETTINGS)
    return {
        "PATH": PATH,
        "SPARK_HOME": str(spark_home),
        "SPARK_CONF_DIR": str(configuration),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
