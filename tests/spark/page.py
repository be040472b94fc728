"""The commands of examples/pyspark/README.md, typed where the file was built or elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests import console
from tests.checkout import REPOSITORY, environment_with_pexlite
from tests.spark.cluster import Cluster
from tests.spark.local import local_environment

_PAGE = REPOSITORY / "examples" / "pyspark" / "README.md"
_AWAY = console.Command("mkdir ../elsewhere && mv books.py ../elsewhere && cd ../elsewhere", ())


def assert_page_is_true(place: Path, directory: Path, spark: Cluster | Path, *, elsewhere: bool = False) -> None:
    """Type the page's commands in a copy of the project at `place`, for a cluster or the Spark in a directory.

    With `elsewhere` those that follow the build are typed in another directory, which the file has come to.
    """
    shutil.copytree(_PAGE.parent, place / "pyspark")
    environment = environment_with_pexlite(directory)
    if isinstance(spark, Cluster):
        environment.update(spark.environment())
        del environment["PEX_ROOT"]  # the workers share none with this
        home = spark.spark_home
    else:
        environment.update(local_environment(spark, directory))
        home = spark
    environment["PATH"] = os.pathsep.join([str(home / "bin"), str(directory / "bin"), environment["PATH"]])
    commands = list(console.commands(_PAGE.read_text(encoding="utf-8")))
    if elsewhere:
        [build] = [number for number, command in enumerate(commands) if command.line.startswith("pexlite . ")]
        commands.insert(build + 1, _AWAY)
    endings = console.run(commands, place / "pyspark", environment)
    wrong = [str(ending) for ending in endings if not ending.is_as_shown]
    assert not wrong, "\n\n".join(wrong)
