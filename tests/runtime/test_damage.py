"""What happened to the cache is told at the next start, and mended by the one after it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, StartKind
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

APP = """
def main():
    import helper.inner
    print(helper.inner.words(), open(helper.__file__.replace("__init__.py", "data.txt")).read())
"""


def only(root: Path, pattern: str) -> Path:
    (found,) = root.glob(f"lite-1/{pattern}")
    return found


def delete_a_module(root: Path) -> None:
    only(root, "wheels/*/lib/helper/inner.py").unlink()
    shutil.rmtree(only(root, "wheels/*/lib/helper/__pycache__"), ignore_errors=True)


def truncate_a_module(root: Path) -> None:
    only(root, "wheels/*/lib/helper/inner.py").write_text("def wor")


def empty_a_module(root: Path) -> None:
    only(root, "wheels/*/lib/helper/inner.py").write_text("")


def truncate_data(root: Path) -> None:
    only(root, "wheels/*/lib/helper/data.txt").unlink()


def delete_a_wheel(root: Path) -> None:
    shutil.rmtree(only(root, "wheels/*/lib/helper").parents[1])


def delete_a_link(root: Path) -> None:
    only(root, "apps/*-*/lib/*/site-packages/helper").unlink()


def delete_the_library(root: Path) -> None:
    shutil.rmtree(only(root, "apps/*-*/lib"))


def cut_bytecode(root: Path) -> None:
    for path in root.glob("lite-1/wheels/*/lib/helper/__pycache__/inner*.pyc"):
        path.write_bytes(path.read_bytes()[:30])


TOLD = [
    delete_a_module,
    truncate_a_module,
    empty_a_module,
    truncate_data,
    delete_a_wheel,
    delete_a_link,
    delete_the_library,
    cut_bytecode,
]


def delete_the_launcher(root: Path) -> None:
    only(root, "apps/*-*/_pexlite_launch.py").unlink()
    shutil.rmtree(only(root, "apps/*-*/__pycache__"), ignore_errors=True)


def delete_ready(root: Path) -> None:
    only(root, "apps/*-*/READY").unlink()


def delete_the_app(root: Path) -> None:
    shutil.rmtree(only(root, "apps/*-*"))


MENDED = [delete_the_launcher, delete_ready, delete_the_app]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    helper = {
        "helper/__init__.py": "",
        "helper/inner.py": "def words():\n    return 'whole'\n",
        "helper/data.txt": "data",
    }
    wheels = [make_wheel(tmp_path, "app", files={"app.py": APP}), make_wheel(tmp_path, "helper", files=helper)]
    return bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))


@pytest.mark.parametrize("damage", TOLD)
def test_damage_is_told_in_two_lines_and_gone_at_the_next_start(
    damage: Callable[[Path], None], app: Path, python: Interpreter, tmp_path: Path
) -> None:
    env = environment(tmp_path / "root")
    for _ in range(2):
        run([python.path, app], env)
    damage(tmp_path / "root")
    told = run([python.path, app], env, check=False)
    if told.returncode == 0:  # PyPy and others may not look at bytecode that is cut
        assert damage is cut_bytecode
    else:
        error, hint = told.stderr.splitlines()
        assert error.startswith("error: the unpacked files of app.pex were damaged: ")
        assert hint.startswith("hint: start it again")
    assert run([python.path, app], env).stdout == "whole data\n"


@pytest.mark.parametrize("damage", MENDED)
def test_damage_before_the_apps_own_code_is_mended_at_once(
    damage: Callable[[Path], None], app: Path, python: Interpreter, tmp_path: Path
) -> None:
    env = environment(tmp_path / "root")
    run([python.path, app], env)
    damage(tmp_path / "root")
    done = run([python.path, app], env)
    assert (done.stdout, done.stderr) == ("whole data\n", "")


def test_an_interpreter_without_its_python_says_so(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "helper", files={"helper.py": ""})
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    env = environment(tmp_path / "root")
    command: list[str | Path] = [newest.path, file, "-c", "import helper"]
    run(command, env)
    only(tmp_path / "root", "apps/*-*/bin/python").unlink()
    told = run(command, env, check=False)
    assert told.stderr.startswith("error: the unpacked files of env.pex were damaged: bin/python is missing")
    run(command, env)


def test_an_apps_own_failure_is_shown_as_it_is(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main():\n    import not_there\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    env = environment(tmp_path / "root")
    for _ in range(2):
        done = run([newest.path, file], env, check=False)
        assert done.returncode == 1
        assert done.stderr.endswith("ModuleNotFoundError: No module named 'not_there'\n")
        assert "pexlite" not in done.stderr.replace(str(tmp_path), "")
