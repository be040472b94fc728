"""Jobs one after another and side by side leave little on the nodes, and each runs its own code."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.spark.cluster import HALF, Cluster
from tests.spark.small import JOB, application, greeting_file
from tests.spark.versions import only_newest

pytestmark = [pytest.mark.spark, pytest.mark.network, only_newest]
# Enough to see what grows; with 50 it is the same.
JOBS = 6


def test_nothing_grows_with_the_number_of_jobs(running: Cluster, place: Path) -> None:
    application(place / "job.py", "1.0")
    greeting_file(place / "env.pex")
    greeting_file(place / "env-sh.pex", sh_boot=True)
    shutil.copy(JOB, place)
    submissions: list[tuple[list[str], dict[str, str]]] = [
        (["job.py"], {}),
        (["--files", "env.pex", "version.py"], {"PYSPARK_PYTHON": "./env.pex"}),
        (["--files", "env-sh.pex", "version.py"], {"PYSPARK_PYTHON": "./env-sh.pex"}),
    ]
    held: set[str] = set()
    for number in range(JOBS):
        if number == len(submissions):
            held = left_on_the_nodes(running)
        words, variables = submissions[number % len(submissions)]
        done = running.submit(words, place, **variables)
        assert done.returncode == 0, running.what_happened(done)
    # Spark's own directories go a moment after the job.
    patience = time.monotonic() + 60
    while left_on_the_nodes(running) - held and time.monotonic() < patience:
        time.sleep(0.5)
    assert left_on_the_nodes(running) - held == set()
    # Copies on their way have names of their own, at the top of what they are copies of.
    inside = [name.partition("/.pex/lite-2/")[2].split("/")[:2] for name in held if "/.pex/lite-2/" in name]
    assert [names for names in inside if any(name.startswith(".") for name in names)] == []
    assert processes_of_workers(running) == []
    for worker in running.workers:
        for directory in worker.work.glob("app-*/*"):
            # What Spark itself puts there.
            known = {"stdout", "stderr", "job.py", "env.pex", "env-sh.pex", *(p.name for p in place.iterdir())}
            assert {path.name for path in directory.iterdir()} <= known | {"version.py"}


def left_on_the_nodes(running: Cluster) -> set[str]:
    """Every path in home, local and temporary directories, except bytecode that Python keeps."""
    found: set[str] = set()
    for worker in running.workers:
        for directory in (worker.home, worker.work.parent / "local"):
            found.update(str(path) for path in directory.rglob("*") if "__pycache__" not in path.parts)
    for temporary in ("/tmp", "/var/tmp", "/dev/shm", tempfile.gettempdir()):
        found.update(str(path) for path in Path(temporary).glob("pexlite-[0-9]*"))
    return found


def processes_of_workers(running: Cluster) -> list[str]:
    """The command lines of the Pythons that run on the nodes."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            here = str((process / "cwd").readlink())
        except OSError:
            continue
        if here.startswith(str(running.directory)) and "java" not in words:
            found.append(words)
    return found


def test_two_versions_of_one_application_at_once(running: Cluster, place: Path) -> None:
    for worker in running.workers:
        shutil.rmtree(worker.home / ".pex", ignore_errors=True)
    started = []
    for version in ("1.0", "2.0"):
        directory = place / version
        directory.mkdir()
        application(directory / "job.py", version)
        command = [str(running.spark_home / "bin" / "spark-submit"), *HALF, "job.py"]
        pipe = subprocess.PIPE
        started.append(
            subprocess.Popen(
                command, cwd=directory, env=running.environment(), stdout=pipe, stderr=pipe, text=True
            )
        )
    for version, job in zip(("1.0", "2.0"), started, strict=True):
        printed, said = job.communicate(timeout=300)
        assert job.returncode == 0, said
        found = json.loads(printed.splitlines()[-1])
        assert {told for told, _ in found} == {version}
        homes = {python.partition("/.pex/")[0] for _, python in found}
        assert homes == {str(worker.home) for worker in running.workers}
