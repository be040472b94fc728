"""PEX_PATH adds what other files, environments and directories bring, behind the file's own."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, StartKind
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

APP = """
import subprocess, sys

def main():
    words = "import both, importlib; print(both.WHERE, [importlib.import_module(n).WHERE for n in sys.argv[1:]])"
    exec("import sys; " + words, {})
    sys.stdout.flush()
    subprocess.check_call([sys.executable, "-c", "import sys; " + words] + sys.argv[1:])
"""


def other(directory: Path, name: str, *modules: str) -> Path:
    """A file that brings `modules`, each of which says whose it is."""
    wheels = []
    for module in modules:
        (directory / name).mkdir(exist_ok=True)
        wheels.append(make_wheel(directory / name, module, files={f"{module}.py": f"WHERE = {name!r}\n"}))
    return bundle_file(directory / f"{name}.pex", wheels, EntryPoint(StartKind.INTERPRETER))


@pytest.fixture
def app(tmp_path: Path) -> Path:
    own = make_wheel(tmp_path, "app", files={"app.py": APP, "both.py": "WHERE = 'app'\n"})
    return bundle_file(tmp_path / "app.pex", [own], function("app", "main"))


@pytest.mark.parametrize("interpreter", [supported()[0], supported()[-1]], ids=str)
def test_packages_come_behind_the_files_own_in_the_order_of_the_files(
    interpreter: Interpreter, app: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "a directory"
    directory.mkdir()
    (directory / "third.py").write_text("WHERE = 'directory'\n")
    one, two = other(tmp_path, "one", "both", "first", "second"), other(tmp_path, "two", "second", "third")
    env = environment(tmp_path / "root", PEX_PATH=f"{one}::{two}:{directory}:{tmp_path}/nowhere")
    for _ in range(2):  # the first start, and one that finds all unpacked
        done = run([interpreter.path, app, "first", "second", "third"], env)
        assert done.stdout.splitlines() == ["app ['one', 'one', 'two']"] * 2
        assert done.stderr.splitlines() == [f"pexlite: PEX_PATH names {tmp_path}/nowhere, which is not there"]


def test_a_virtual_environment_brings_what_is_installed_in_it(
    app: Path, newest: Interpreter, tmp_path: Path
) -> None:
    env = environment(tmp_path / "root")
    run([newest.path, other(tmp_path, "one", "first"), "venv", tmp_path / "made"], {**env, "PEX_TOOLS": "1"})
    done = run([newest.path, app, "first"], {**env, "PEX_PATH": str(tmp_path / "made")})
    assert done.stdout.splitlines() == ["app ['one']"] * 2


def test_what_is_none_of_pexlites_files_is_not_run(app: Path, newest: Interpreter, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "foreign.pex", "w") as file:
        file.writestr("__main__.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
    env = environment(tmp_path / "root", PEX_PATH=str(tmp_path / "foreign.pex"))
    done = run([newest.path, app], env, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: PEX_PATH names {tmp_path}/foreign.pex, which pexlite has not built",
        "hint: leave it out, or build it for this Python",
    ]
    assert not (tmp_path / "ran").exists()


def test_a_file_for_other_pythons_ends_the_start(app: Path, newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "old", files={"old.py": ""})
    interpreter = EntryPoint(StartKind.INTERPRETER)
    file = bundle_file(tmp_path / "old.pex", [wheel], interpreter, pythons=("cp36",))
    done = run([newest.path, app], environment(tmp_path / "root", PEX_PATH=str(file)), check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ") and "old.pex" in done.stderr.splitlines()[0]
