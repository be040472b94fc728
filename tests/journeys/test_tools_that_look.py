"""Tools that look at the process that they run in: what they find in a file is what they find in a venv."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.model import BuildRequest, LaunchOptions
from pexlite.pipeline.build import build
from tests.bundles import environment

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


def said(shop: Path, *words: str, **variables: str) -> str:
    env = environment(shop.parent / "root", PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin", **variables)
    done = subprocess.run(
        [shop, *words], env=env, cwd=shop.parent, capture_output=True, text=True, check=False, timeout=120
    )
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
