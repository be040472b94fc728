"""Tools that look at the process that they run in: what they find in a file is what they find in a venv."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.model import BuildRequest, LaunchOptions
from pexlite.pipeline.build import build
from tests.bundles import environment, run

pytestmark = [pytest.mark.journey, pytest.mark.network]

APP = """
import sys


def double(number):
    return 2 * number


def run():
    globals()[sys.argv[1]]()


def warns():
    import warnings
    from sqlalchemy import util

    warnings.simplefilter("always")
    for words in ("first", "second"):
        util.warn_limited("%s words", (words,))
        util.warn_deprecated("words of old", "1.0")
    print("warned")


def debugged():
    import debugpy

    debugpy.listen(("127.0.0.1", 0))
    print("listening")


def covered():
    import subprocess

    double(1)
    subprocess.check_call([sys.executable, "-c", "from shop.of_a_child import triple; triple(1)"])


def shared():
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    for method in ("forkserver", "spawn"):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            print(method, list(pool.map(double, [1, 2])))


def dumped():
    import faulthandler, os, signal

    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGSEGV)


def stopped():
    number = 5
    breakpoint()
    print("went on")


def waits():
    import time

    print("waiting", flush=True)
    time.sleep(60)


def traced():
    import flask
    from opentelemetry import trace

    app = flask.Flask("shop")
    app.add_url_rule("/", view_func=lambda: str(trace.get_current_span().is_recording()))
    print("recording", app.test_client().get("/").text)
"""
CHILD = "def triple(number):\n    return 3 * number\n\n\ndef never():\n    return 0\n"
REQUIREMENTS = (
    "sqlalchemy",
    "debugpy",
    "coverage",
    "flask",
    "py-spy",
    "opentelemetry-distro",
    "opentelemetry-instrumentation-flask",
)
COVERAGE = "[run]\nparallel = true\nsource_pkgs = shop\n"
SILENT = {f"OTEL_{kind}_EXPORTER": "none" for kind in ("TRACES", "METRICS", "LOGS")}


@pytest.fixture(scope="module", params=[False, True], ids=["python shebang", "sh header"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("shop")
    (directory / "code" / "shop").mkdir(parents=True)
    for name, text in (("__init__", ""), ("main", APP), ("of_a_child", CHILD)):
        (directory / "code" / "shop" / f"{name}.py").write_text(text)
    file = directory / "shop.pex"
    launch = LaunchOptions(shebang=sys.executable, sh_boot=request.param)
    build(
        BuildRequest(
            directory=directory,
            requirements=("./code/shop", *REQUIREMENTS),
            entry_point="shop.main:run",
            launch=launch,
            output=file,
        )
    )
    return file


def started(shop: Path, *words: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return run([shop, *words], env_of(shop, **variables), cwd=shop.parent, stdin=stdin, check=False)


def env_of(shop: Path, **variables: str) -> dict[str, str]:
    return environment(shop.parent / "root", PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin", **variables)


def said(shop: Path, *words: str, **variables: str) -> str:
    done = started(shop, *words, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_warnings_that_ask_who_called(shop: Path) -> None:
    for _ in range(2):
        text = said(shop, "warns")
        assert "warned" in text and "shop/main.py" in text
        assert text.count("SAWarning: ") == text.count("SADeprecationWarning: ") == 2


def test_a_debugger_listens(shop: Path) -> None:
    assert "listening" in said(shop, "debugged", PYDEVD_DISABLE_FILE_VALIDATION="1")


def test_coverage_measures_the_app_and_its_children(shop: Path) -> None:
    settings = shop.parent / "coveragerc"
    settings.write_text(COVERAGE)
    said(shop, "covered", COVERAGE_PROCESS_START=str(settings), COVERAGE_FILE=str(shop.parent / "measured"))
    measured = {"COVERAGE_FILE": str(shop.parent / "measured"), "PEX_SCRIPT": "coverage"}
    said(shop, "combine", "-q", **measured)
    lines = said(shop, "report", **measured).splitlines()
    rows = [line.split() for line in lines if line.endswith("%")]
    shares = {Path(words[0]).name: int(words[3][:-1]) for words in rows}
    assert 30 < shares["main.py"] < 100
    assert shares["of_a_child.py"] == 75


def test_the_bundles_own_instrument_reaches_the_file_that_it_starts(shop: Path) -> None:
    for _ in range(2):
        text = said(shop, str(shop), "traced", PEX_SCRIPT="opentelemetry-instrument", **SILENT)
        assert "recording True\n" in text


def test_pools_of_processes_import_the_app(shop: Path) -> None:
    for _ in range(2):
        assert said(shop, "shared") == "forkserver [2, 4]\nspawn [2, 4]\n"


def test_dumps_show_the_frames_of_the_app(shop: Path) -> None:
    done = started(shop, "dumped")
    assert done.returncode == -signal.SIGSEGV
    # Once by the signal that was registered, and once as the process dies.
    assert len([line for line in done.stderr.splitlines() if line.endswith(" in dumped")]) == 2
    assert done.stderr.count("shop/main.py") == 4


def test_a_breakpoint_shows_the_source_and_its_names(shop: Path) -> None:
    text = started(shop, "stopped", stdin="list\np number\ncontinue\n").stdout
    assert "->" in text and 'print("went on")' in text
    assert "(Pdb) 5" in text and text.endswith("went on\n")


def test_a_profiler_from_outside_sees_the_frames_of_the_app(shop: Path) -> None:
    said(shop, "warns")
    with subprocess.Popen([shop, "waits"], env=env_of(shop), stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout and process.stdout.readline() == b"waiting\n"
            done = started(shop, "dump", "--pid", str(process.pid), PEX_SCRIPT="py-spy")
        finally:
            process.kill()
    if "Permission denied" in done.stderr:
        pytest.skip("processes may not be looked into here: run it as root")
    assert [line.split()[0] for line in done.stdout.splitlines() if "shop/main.py" in line] == ["waits", "run"]
