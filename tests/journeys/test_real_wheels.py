"""Wheels of the index that look for files beside them, and tools that look at files: all find what a venv has."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.model import BuildRequest, LaunchOptions
from pexlite.pipeline.build import build
from tests import needs
from tests.bundles import environment, run

pytestmark = [pytest.mark.journey, pytest.mark.network]


def built(place: Path, *requirements: str, script: str | None = None) -> Path:
    launch = LaunchOptions(shebang=sys.executable)
    file = place / "app.pex"
    build(BuildRequest(directory=place, requirements=requirements, script=script, launch=launch, output=file))
    return file


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the tools below, and what they look at."""
    place = tmp_path_factory.mktemp("tools")
    (place / "look.py").write_text("import click\n\ndef test_it():\n    assert click.echo\n\nprint('looked')\n")
    return built(place, "coverage", "pytest", "click", "tabulate", "pre-commit")


def test_modules_find_the_libraries_of_other_wheels(tmp_path: Path) -> None:
    # pinocchio's and eigenpy's extension modules lead to libraries of a dozen other wheels by $ORIGIN/../..
    file = built(tmp_path, "pin")
    code = "import eigenpy, pinocchio; print(pinocchio.buildSampleModelHumanoid().nq > 30)"
    for words in (
        ["-c", code],
        ["-c", f"import subprocess, sys; subprocess.check_call([sys.executable, '-c', {code!r}])"],
    ):
        assert run([file, *words], environment(tmp_path / "root")).stdout == "True\n"


ROWS = [
    (["-m", "pytest", "-q", "-p", "no:cacheprovider", "look.py"], "1 passed"),
    (["-m", "pytest", "-q", "--pyargs", "tabulate"], "no tests ran"),
    (["-m", "compileall", "-q", "-f", "PREFIX/lib"], ""),
    (["-m", "pdb", "-c", "b look.py:4", "-c", "c", "look.py"], "Breakpoint 1 at "),
]


@pytest.mark.parametrize(("words", "said"), ROWS, ids=[" ".join(words[1:5]) for words, _ in ROWS])
def test_tools_that_look_at_files(words: list[str], said: str, tools: Path) -> None:
    env = environment(tools.parent / "root")
    prefix = run([tools, "-c", "import sys; print(sys.prefix)"], env).stdout.rstrip()
    done = run([tools, *(word.replace("PREFIX", prefix) for word in words)], env, cwd=tools.parent, check=False)
    assert said in done.stdout and not done.stderr


@pytest.mark.parametrize("words", [["look.py"], ["-m", "look"]], ids=["file", "module"])
def test_coverage_takes_the_bundle_for_others_code(words: list[str], tools: Path, tmp_path: Path) -> None:
    env = environment(tools.parent / "root", COVERAGE_FILE=str(tmp_path / "measured"))
    assert run([tools, "-m", "coverage", "run", *words], env, cwd=tools.parent).stdout == "looked\n"
    rows = run([tools, "-m", "coverage", "report"], env, cwd=tools.parent).stdout.splitlines()
    assert [row.split()[0] for row in rows if row.endswith("%")] == ["look.py", "TOTAL"]


def test_a_hook_of_pre_commit_keeps_its_python(tools: Path, tmp_path: Path) -> None:
    git = needs.program("git")
    author = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.invalid"]
    env = environment(tools.parent / "root", PRE_COMMIT_HOME=str(tmp_path / "hooks"))
    run([git, "init", "-q", tmp_path / "project"], env)
    (tmp_path / "project/.pre-commit-config.yaml").write_text(
        "repos:\n- repo: local\n  hooks:\n"
        "  - {id: says, name: says so, entry: echo, language: system, verbose: true, always_run: true}\n"
    )
    run([tools, "-m", "pre_commit", "install"], env, cwd=tmp_path / "project")
    run([git, "add", "."], env, cwd=tmp_path / "project")
    [ready] = (tools.parent / "root").glob("lite-2/apps/*/READY")
    os.utime(ready, (time.time() - 80 * 86400,) * 2)
    plain = {name: value for name, value in env.items() if name != "PEX_ROOT"}
    done = run([git, *author, "commit", "-m", "one"], {**plain, "PATH": "/usr/bin:/bin"}, cwd=tmp_path / "project")
    assert "says so" in done.stdout + done.stderr
    assert abs(ready.stat().st_mtime - time.time()) < 600  # so the pruner leaves it for 90 days more


@contextlib.contextmanager
def serving(file: Path, port: int, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`mlflow server` at `port`, with its children in a group of their own."""
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(
        [file, *words, "--backend-store-uri", "sqlite:///runs.db"],
        env=env,
        cwd=file.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_mlflow_serves_by_its_children(tmp_path: Path) -> None:
    file = built(tmp_path, "mlflow", script="mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(file, port, environment(tmp_path / "root")) as process:
        assert answer(f"http://127.0.0.1:{port}/health", process) == b"OK"
        made = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/create"
        request = urllib.request.Request(
            made, data=b'{"name": "one"}', headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            assert b"experiment_id" in response.read()
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0


def answer(address: str, process: subprocess.Popen[bytes]) -> bytes:
    """The answer at `address`, once there is one."""
    end = time.monotonic() + 180
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as response:
                content: bytes = response.read()
                return content
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.3)
