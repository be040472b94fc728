"""A file on sys.path makes its content importable by `import __pex__`, without pexlite and without a start."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.bundles import bundle_file, environment, function
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

EVERY = [pytest.param(one, id=str(one)) for one in supported()]
FILES = {
    "app/__init__.py": "name = 'app'\n\n\ndef handler(event, context):\n    return event\n",
    "app/inner.py": "from . import name\nfrom app import name as other\n",
    "colour.py": "import sys\nsys.coloured = getattr(sys, 'coloured', 0) + 1\n",
    "colour.pth": "import colour\n",
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    place = tmp_path / "a desk"
    place.mkdir()
    return bundle_file(place / "app.pex", [make_wheel(tmp_path, "app", files=FILES)], function("app", "handler"))


def said(python: Interpreter, built: Path, program: str, root: Path, **variables: str) -> str:
    """The output of `program`, run beside the file, which PYTHONPATH names."""
    done = subprocess.run(
        [str(python.path), "-c", program],
        cwd=built.parent,
        env={**environment(root), "PYTHONPATH": built.name, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("python", EVERY)
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import __pex__, app; print(app.name)", "app"),
        ("from __pex__ import app; import app as own; print(app is own)", "True"),
        (
            "import __pex__.app.inner as one, app.inner; print(one is app.inner, one.__spec__.name)",
            "True app.inner",
        ),
        ("import importlib as i; print(i.import_module('__pex__.app').handler(7, None))", "7"),
        ("import __pex__, __pex__, sys; print(sys.coloured)", "1"),
        ("import __pex__, os; print(os.path.basename(os.environ['PEX']))", "app.pex"),
    ],
)
def test_what_is_in_it_is_importable_cold_and_warm(
    program: str, expected: str, python: Interpreter, built: Path, tmp_path: Path
) -> None:
    for _ in ("cold", "warm"):
        assert said(python, built, program, tmp_path / "root") == expected + "\n"


def test_a_warm_import_starts_no_other_process(built: Path, tmp_path: Path) -> None:
    python = supported()[0]
    said(python, built, "import __pex__", tmp_path / "root")
    program = "import subprocess; subprocess.Popen = None; import __pex__, app; print(app.name)"
    assert said(python, built, program, tmp_path / "root") == "app\n"


def test_it_stands_behind_the_file_and_all_else_stays_importable(built: Path, tmp_path: Path) -> None:
    python = supported()[0]
    (tmp_path / "more").mkdir()
    program = "import __pex__, sys; print([p.rpartition('/')[2] for p in sys.path if p][:3], sys.executable)"
    more = os.pathsep.join([built.name, str(tmp_path / "more")])
    expected = f"['app.pex', 'site-packages', 'more'] {python.path}\n"
    assert said(python, built, program, tmp_path / "root", PYTHONPATH=more) == expected


def test_switches_and_another_python_named_by_them_change_nothing(built: Path, tmp_path: Path) -> None:
    python = supported()[0]
    program = "import __pex__, app; print(app.name)"
    given = {"PEX_PYTHON": "/nowhere/python", "PEX_INTERPRETER": "1", "PEX_MODULE": "nothing", "PEX_TOOLS": "1"}
    assert said(python, built, program, tmp_path / "root", **given) == "app\n"


def test_a_module_that_it_has_not_is_missed_by_its_own_name(built: Path, tmp_path: Path) -> None:
    program = "try:\n    import __pex__.nope\nexcept ImportError as e:\n    print(e)\n"
    assert said(supported()[0], built, program, tmp_path / "root") == "No module named 'nope'\n"


def test_a_python_that_does_not_fit_is_an_import_error_that_says_so(tmp_path: Path) -> None:
    python = supported()[0]
    wheel = make_wheel(tmp_path, "app", files={"app.py": ""}, tag="cp35-none-any")
    built = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), pythons=("cp35",))
    program = "try:\n    import __pex__\nexcept ImportError as e:\n    print(e)\n"
    told = said(python, built, program, tmp_path / "root")
    assert "app.pex needs CPython 3.5" in told and f"; this is {python.words.split()[0]}" in told
    assert "start it with one that fits" in told
