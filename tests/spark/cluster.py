"""A Spark standalone cluster on this machine: a master and two workers, each with its own directories and user.

Everything listens on 127.0.0.1, on ports that the system chooses, and ends when the `with` block does.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Accounts that every Linux has and nobody works under.
_ACCOUNTS = ("nobody", "daemon")
# Where everybody's programs are: java, python3.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The workers stand for different machines: neither reads the other's disk.
_SETTINGS = """\
spark.ui.enabled false
spark.ui.showConsoleProgress false
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.memory 512m
spark.executor.memory 512m
spark.executor.cores {cores}
spark.task.maxFailures 1
spark.sql.shuffle.partitions 4
spark.shuffle.readHostLocalDisk false
spark.driver.extraJavaOptions {java}
spark.executor.extraJavaOptions {java}
"""
# Every Java here lives for seconds: no compiler that wins later, no collector with threads of its own.
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# What a job says to take but half of each machine, so that two run at once.
HALF = ["--conf", "spark.cores.max=2", "--conf", "spark.executor.cores=1", "--conf", "spark.executor.memory=450m"]


def unpacked_spark(version: str) -> Path:
    """A Spark from the package index, kept for later runs where other accounts can read it."""
    place = Path(tempfile.gettempdir()) / f"pexlite-tests-{os.getuid()}" / f"spark-{version}"
    if not place.exists():
        place.parent.mkdir(mode=0o755, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=place.parent))
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "install",
            "-q",
            "--python",
            "/usr/bin/python3",
            "--target",
            str(beside),
        ]
        subprocess.run([*command, f"pyspark=={version}"], check=True, timeout=600)
        beside.chmod(0o755)
        beside.rename(place)
    assert place.parent.stat().st_uid == os.getuid()
    return place / "pyspark"


@dataclass(frozen=True)
class Worker:
    """One machine of the cluster: the user of its processes, and its directories."""

    account: str | None
    """None: the user of the tests, who is not allowed to be anyone else."""
    home: Path
    work: Path


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    spark_home: Path
    url: str
    workers: tuple[Worker, ...]
    directory: Path

    @property
    def version(self) -> str:
        """The version of its Spark, as "4.0.1"."""
        (core,) = (self.spark_home / "jars").glob("spark-core_*.jar")
        return core.stem.rpartition("-")[2]

    @property
    def python_path(self) -> str:
        """The PYTHONPATH by which Spark hands over its pyspark."""
        return os.pathsep.join(map(str, sorted((self.spark_home / "python" / "lib").glob("*.zip"))))

    def environment(self, **variables: str) -> dict[str, str]:
        """The variables that a person who submits jobs to this cluster has set: hardly any."""
        return {
            **_environment(self.spark_home, self.directory),
            "HOME": str(self.directory / "home"),
            **variables,
        }

    def submit(self, words: Sequence[str | Path], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `spark-submit words`, and return its output and exit code."""
        return self.run([self.spark_home / "bin" / "spark-submit", *words], cwd, **variables)

    def run(self, words: Sequence[str | Path], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command `words` as a person who submits jobs, and return its output and exit code."""
        return subprocess.run(
            [str(word) for word in words],
            cwd=cwd,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def what_happened(self, done: subprocess.CompletedProcess[str]) -> str:
        """Everything that was printed about a job, without the lines at level INFO."""
        logs = [path for worker in self.workers for path in sorted(worker.work.glob("app-*/*/stderr"))]
        said = [done.stdout, done.stderr, *(path.read_text(errors="replace") for path in logs)]
        return "\n".join(line for line in "\n".join(said).splitlines() if " INFO " not in line)


@contextlib.contextmanager
def cluster(
    spark_home: Path,
    directory: Path,
    homes: Sequence[Path | None] = (None, None),
    cores: int = 2,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Run a cluster of the Spark in `spark_home`, its files under `directory`; stop it at the end in any case.

    `homes` are the workers' home directories where they are not to have good ones.
    """
    configuration = directory / "conf"
    configuration.mkdir(parents=True)
    directory.chmod(0o755)
    (configuration / "spark-defaults.conf").write_text(_SETTINGS.format(cores=cores, java=_SHORT_LIVED))
    (directory / "home").mkdir()
    accounts: tuple[str | None, ...] = _ACCOUNTS if os.getuid() == 0 else (None, None)
    workers = tuple(
        _make_worker(directory / f"worker-{number}", account, home)
        for number, (account, home) in enumerate(zip(accounts, homes, strict=True), 1)
    )
    started: list[subprocess.Popen[bytes]] = []
    try:
        environment = _environment(spark_home, directory)
        master_log = directory / "master.log"
        arguments = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0"]
        started.append(_start(spark_home, [*arguments, "--webui-port", "0"], environment, master_log))
        url = said(master_log, r"Starting Spark master at (spark://\S+)", started[-1])
        for worker in workers:
            log = directory / f"{worker.work.parent.name}.log"
            started.append(_start_worker(spark_home, url, worker, environment, variables or {}, cores, log))
            said(log, r"Successfully registered with master (\S+)", started[-1])
        with (configuration / "spark-defaults.conf").open("a") as settings:
            settings.write(f"spark.master {url}\n")
        yield Cluster(spark_home, url, workers, directory)
    finally:
        stop(started)


def _environment(spark_home: Path, directory: Path) -> dict[str, str]:
    return {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "SPARK_HOME": str(spark_home),
        "SPARK_CONF_DIR": str(directory / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": _SHORT_LIVED,
        "SPARK_NO_DAEMONIZE": "1",
    }


def _make_worker(directory: Path, account: str | None, home: Path | None) -> Worker:
    worker = Worker(account, home or directory / "home", directory / "work")
    for place in (directory / "home", worker.work, directory / "local"):
        place.mkdir(parents=True)
        if account:
            shutil.chown(place, account)
    return worker


def _start_worker(
    spark_home: Path,
    url: str,
    worker: Worker,
    environment: Mapping[str, str],
    variables: Mapping[str, str],
    cores: int,
    log: Path,
) -> subprocess.Popen[bytes]:
    arguments = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--port", "0"]
    arguments += [
        "--webui-port",
        "0",
        "--work-dir",
        str(worker.work),
        "--cores",
        str(cores),
        "--memory",
        "1g",
        url,
    ]
    own = {"HOME": str(worker.home), "SPARK_LOCAL_DIRS": str(worker.work.parent / "local")}
    return _start(spark_home, arguments, {**environment, **own, **variables}, log, worker)


def _start(
    spark_home: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    worker: Worker | None = None,
) -> subprocess.Popen[bytes]:
    account = worker.account if worker else None
    with log.open("wb") as output:
        # spark-class becomes java, so this is the pid of the one that works.
        return subprocess.Popen(
            [spark_home / "bin" / "spark-class", *arguments],
            env=dict(environment),
            cwd=worker.work if worker else log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account,
            group=_group(account),
            extra_groups=[] if account else None,
        )


def _group(account: str | None) -> int | None:
    if account is None:
        return None
    import pwd

    return pwd.getpwnam(account).pw_gid


def said(log: Path, pattern: str, process: subprocess.Popen[bytes]) -> str:
    """The group of `pattern` in the `log` of `process`, as soon as it is there."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found.group(1)
        assert process.poll() is None, f"Spark did not start:\n{log.read_text(errors='replace')}"
        time.sleep(0.1)
    raise AssertionError(f"Spark never said {pattern!r}:\n{log.read_text(errors='replace')}")


def stop(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Stop the processes, the last one first, executors with their worker; kill the sessions of what stays."""
    for process in reversed(started):
        process.terminate()
    end = time.monotonic() + 10
    for process in reversed(started):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, end - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
