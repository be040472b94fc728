"""Rows on a Spark cluster: the start of a Python worker, and spark-submit to its first result. `--only spark`.

Takes Java, Spark from the package index and some minutes. The Python has to be one that other accounts may run,
as with `--python /usr/bin/python3`. Every way has the same wheels.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting, make_venv, text
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, failed, paired, working
from tests.programs.bench.workloads import DATA_SCIENCE, Workload
from tests.spark.cluster import Cluster, cluster, unpacked_spark
from tests.spark.versions import VERSIONS

# What a job with pandas functions ships.
FRAMES = replace(
    DATA_SCIENCE,
    name="frames",
    about="pandas, pyarrow",
    requirements=("pandas<3", "pyarrow"),
    imports=("pandas", "pyarrow"),
)
_JOB = """\
from pyspark.sql import SparkSession


def work(number):
    import {imports}

    return number


context = SparkSession.builder.getOrCreate().sparkContext
print("first", context.parallelize([1, 2], 2).map(work).sum())
"""


@dataclass(frozen=True)
class Way:
    """One way to bring packages to executors."""

    tool: str
    python: str
    """The Python that executors run in."""
    here: Path
    """The same on this machine."""
    words: tuple[str, ...] = ()
    """The words after spark-submit."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variables that executors need besides."""


def rows(setting: Setting, workload: Workload, rounds: int, only: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of all ways, or of those named; made and run in a directory that other accounts can read."""
    with tempfile.TemporaryDirectory(prefix="pexlite-bench-") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "job.py").write_text(_JOB.format(imports=", ".join(workload.imports)))
        with cluster(unpacked_spark(VERSIONS[-1]), place / "cluster") as running:
            ways, unable = _ways(setting, workload, running, place, only)
            yield _worker_start(setting, workload, running, ways, unable, rounds)
            yield _first_result(setting, workload, running, ways, unable, rounds, cold=True)
            yield _first_result(setting, workload, running, ways, unable, rounds, cold=False)


def _ways(
    setting: Setting, workload: Workload, running: Cluster, place: Path, only: Sequence[str]
) -> tuple[list[Way], dict[str, Figure]]:
    makers: dict[str, Callable[[Setting, Workload, Cluster, Path], Way]] = {
        "venv": _venv,
        "packed venv": _packed_venv,
        "pex": _pex,
        "pexlite": _pexlite,
    }
    ways, unable = [], {}
    for tool, make in makers.items():
        if only and tool not in only:
            continue
        try:
            ways.append(make(setting, workload, running, place))
        except RuntimeError as failure:
            unable[tool] = failed(str(failure))
    return ways, unable


def _venv(setting: Setting, workload: Workload, running: Cluster, place: Path) -> Way:
    """A venv on every node, as an administrator would install it."""
    make_venv(setting.python, place / "venv", [*map(str, setting.wheels(workload))], "--no-deps", "--no-index")
    python = place / "venv" / "bin" / "python"
    return Way("venv", str(python), python)


def _packed_venv(setting: Setting, workload: Workload, running: Cluster, place: Path) -> Way:
    setting.install("venv-pack")
    archive = place / "packed.tar.gz"
    packer = setting.program("venv-pack", "venv-pack")
    text([packer, "-q", "-p", _venv(setting, workload, running, place).here.parent.parent, "-o", archive])
    archive.chmod(0o644)
    (place / "packed").mkdir()
    text(["tar", "xzf", archive, "-C", place / "packed"])
    here = place / "packed" / "bin" / "python"
    return Way("packed venv", "./packed/bin/python", here, ("--archives", "packed.tar.gz#packed"))


def _pex(setting: Setting, workload: Workload, running: Cluster, place: Path) -> Way:
    """The way of pex: its fastest kind of file; a variable names pyspark's place, since it drops PYTHONPATH."""
    setting.install("pex")
    version = ".".join(text([setting.python, "-V"]).split()[1].split(".")[:2])
    words = ["--venv", "--sh-boot", "--interpreter-constraint", f"CPython=={version}.*"]
    words += ["--no-pre-install-wheels", "--no-compress", "--max-install-jobs", "0"]
    house = ["--no-index", "--find-links", str(setting.wheelhouse(workload))]
    environment = setting.environment(setting.state("build", "pex"))
    file = place / "pex.pex"
    text([setting.program("pex", "pex"), *workload.requirements, *house, *words, "-o", file], environment)
    variables = {"PEX_EXTRA_SYS_PATH": running.python_path}
    return Way("pex", "./pex.pex", file, ("--files", "pex.pex"), variables)


def _pexlite(setting: Setting, workload: Workload, running: Cluster, place: Path) -> Way:
    house = ["--no-index", "--find-links", str(setting.wheelhouse(workload))]
    environment = setting.environment(setting.state("build", "pexlite"))
    file = place / "lite.pex"
    words = ["--python", str(setting.python), "-q", "-o", str(file)]
    text([setting.program("pexlite", "pexlite"), *workload.requirements, *house, *words], environment)
    return Way("pexlite", "./lite.pex", file, ("--files", "lite.pex"))


def _worker_start(
    setting: Setting,
    workload: Workload,
    running: Cluster,
    ways: Sequence[Way],
    unable: Mapping[str, Figure],
    rounds: int,
) -> Row:
    """The row from exec to the daemon's port on stdout, and until closing stdin ends it with exit code 1."""
    spark = {"PYTHONPATH": running.python_path, "PYTHON_WORKER_FACTORY_SECRET": "any"}
    contenders = []
    for way in ways:
        environment = setting.environment(setting.state("spark", way.tool), **spark, **way.variables)
        command = ("/bin/sh", "-c", '"$0" -m pyspark.daemon pyspark.worker; test $? = 1', str(way.here))
        contenders.append(Contender(way.tool, command, environment, "\0\0"))
    target = Target("pexlite", 0.005, ("venv",), difference=True)
    return _compared("worker start", workload, contenders, unable, rounds, [target])


def _first_result(
    setting: Setting,
    workload: Workload,
    running: Cluster,
    ways: Sequence[Way],
    unable: Mapping[str, Figure],
    rounds: int,
    *,
    cold: bool,
) -> Row:
    """The row of spark-submit with one result, from start to end; cold is with empty homes on the nodes."""

    def prepare() -> None:
        for worker in running.workers:
            left = [*worker.work.glob("app-*"), *(worker.home.iterdir() if cold else ())]
            for directory in left:
                shutil.rmtree(directory)
        os.sync()

    contenders = []
    for way in ways:
        python = {"PYSPARK_DRIVER_PYTHON": str(setting.python), "PYSPARK_PYTHON": way.python}
        told = [f"spark.executorEnv.{name}={value}" for name, value in way.variables.items()]
        told = [word for one in told for word in ("--conf", one)]
        command = (str(running.spark_home / "bin" / "spark-submit"), *way.words, *told, "job.py")
        environment = running.environment(**python)
        contenders.append(Contender(way.tool, command, environment, "first 3", prepare, running.directory.parent))
    # Plain packages that are on the nodes already have no first start.
    peers = ("packed venv", "pex") if cold else ("venv", "packed venv", "pex")
    how = "first result, empty caches" if cold else "first result, warm"
    return _compared(how, workload, contenders, unable, rounds, [Target("pexlite", 1.0, peers)])


def _compared(
    way: str,
    workload: Workload,
    contenders: Sequence[Contender],
    unable: Mapping[str, Figure],
    rounds: int,
    targets: Sequence[Target],
) -> Row:
    """The row; each contender runs once before, so that all but what `prepare` empties is warm."""
    able, broken = working(contenders)
    figures = paired(able, rounds) if able else {}
    return row("spark", workload.name, way, {**figures, **unable, **broken}, targets)
