"""Damage to the cache is told at the next start, and mended by the one after it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter
from tests.own_python.files import TOOLS

APP = """
def main():
    import helper.inner
    print(helper.inner.words(), open(helper.__file__.replace("__init__.py", "data.txt")).read())
"""


def only(root: Path, pattern: str) -> Path:
    (found,) = root.glob(f"lite-2/{pattern}")
    return found


def delete_a_module(root: Path) -> None:
    only(root, "apps/*-*/lib/*/site-packages/helper/inner.py").unlink()
    shutil.rmtree(only(root, "apps/*-*/lib/*/site-packages/helper/__pycache__"), ignore_errors=True)


def truncate_a_module(root: Path) -> None:
    only(root, "apps/*-*/lib/*/site-packages/helper/inner.py").write_text("def wor")


def empty_a_module(root: Path) -> None:
    only(root, "apps/*-*/lib/*/site-packages/helper/inner.py").write_text("")


def truncate_data(root: Path) -> None:
    only(root, "apps/*-*/lib/*/site-packages/helper/data.txt").unlink()


def delete_a_module_everywhere(root: Path) -> None:
    only(root, "wheels/*/lib/helper/inner.py").unlink()
    delete_a_module(root)


def delete_a_package_and_its_wheel(root: Path) -> None:
    shutil.rmtree(only(root, "wheels/*/lib/helper").parents[1])
    delete_a_package(root)


def delete_a_package(root: Path) -> None:
    shutil.rmtree(only(root, "apps/*-*/lib/*/site-packages/helper"))


def delete_the_library(root: Path) -> None:
    shutil.rmtree(only(root, "apps/*-*/lib"))


def cut_bytecode(root: Path) -> None:
    for path in root.glob("lite-2/apps/*-*/lib/*/site-packages/helper/__pycache__/inner*.pyc"):
        path.write_bytes(path.read_bytes()[:30])


TOLD = [
    delete_a_module,
    truncate_a_module,
    empty_a_module,
    truncate_data,
    delete_a_module_everywhere,
    delete_a_package_and_its_wheel,
    delete_a_package,
    delete_the_library,
    cut_bytecode,
]


def delete_the_launcher(root: Path) -> None:
    only(root, "apps/*-*/_pexlite_launch").unlink()


def have_a_pipe_be_the_launcher(root: Path) -> None:
    path = only(root, "apps/*-*/_pexlite_launch")
    path.unlink()
    os.mkfifo(path)


def delete_the_wheels(root: Path) -> None:
    shutil.rmtree(root / "lite-2/wheels")


def open_the_launcher_to_others(root: Path) -> None:
    only(root, "apps/*-*/_pexlite_launch").chmod(0o666)


def cut_the_launcher(root: Path) -> None:
    path = only(root, "apps/*-*/_pexlite_launch")
    path.write_bytes(path.read_bytes()[:-1000])


def empty_the_launcher(root: Path) -> None:
    path = only(root, "apps/*-*/_pexlite_launch")
    path.write_bytes(bytes(path.stat().st_size))


def give_another_python_the_launcher(root: Path) -> None:
    path = only(root, "apps/*-*/_pexlite_launch")
    path.write_bytes(b"\1\2" + path.read_bytes()[2:])


def delete_ready(root: Path) -> None:
    only(root, "apps/*-*/READY").unlink()


def delete_the_app(root: Path) -> None:
    shutil.rmtree(only(root, "apps/*-*"))


MENDED = [
    delete_the_launcher,
    have_a_pipe_be_the_launcher,
    delete_the_wheels,
    open_the_launcher_to_others,
    cut_the_launcher,
    empty_the_launcher,
    give_another_python_the_launcher,
    delete_ready,
    delete_the_app,
]


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


def test_an_interpreter_without_its_python_gets_it_back(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "helper", files={"helper.py": ""})
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    env = environment(tmp_path / "root")
    command: list[str | Path] = [newest.path, file, "-c", "import helper"]
    run(command, env)
    only(tmp_path / "root", "apps/*-*/bin/python").unlink()
    assert run(command, env).stderr == ""


def remove(root: Path, pattern: str) -> None:
    only(root, pattern).unlink()


def remove_all_but_directories(root: Path) -> None:
    for path in root.rglob("*"):
        if not path.is_dir():
            path.unlink()


WITHOUT_A_WORD: dict[str, Callable[[Path], object]] = {
    "lib": lambda root: shutil.rmtree(only(root, "apps/*-*/lib")),
    "site-packages": lambda root: shutil.rmtree(only(root, "apps/*-*/lib/*/site-packages")),
    "package": lambda root: shutil.rmtree(only(root, "apps/*-*/lib/*/site-packages/helper")),
    "pyvenv.cfg": lambda root: remove(root, "apps/*-*/pyvenv.cfg"),
    "python": lambda root: remove(root, "apps/*-*/bin/python"),
    "wheels": lambda root: shutil.rmtree(root / "lite-2" / "wheels"),
    "all but directories": remove_all_but_directories,
}


@pytest.mark.parametrize("what", WITHOUT_A_WORD)
@pytest.mark.parametrize("kind", [StartKind.INTERPRETER, StartKind.SCRIPT])
def test_what_becomes_another_program_is_mended_before(
    kind: StartKind, what: str, newest: Interpreter, tmp_path: Path
) -> None:
    scripts = {"console_scripts": {"say": "helper:say"}}
    files = {"helper/__init__.py": "def say():\n    print('well')\n", "na\u00efve.py": ""}
    wheel = make_wheel(tmp_path, "helper", files=files, entry_points=scripts)
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(kind, script="say"))
    env = environment(tmp_path / "root", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    command: list[str | Path] = [newest.path, file]
    command += ["-c", "import helper; helper.say()"] if kind is StartKind.INTERPRETER else []
    run(command, env)
    WITHOUT_A_WORD[what](tmp_path / "root")
    assert run(command, env).stdout == "well\n"
    before = only(tmp_path / "root", "apps/*-*/READY").stat().st_ino
    assert run(command, env).stdout == "well\n"
    assert only(tmp_path / "root", "apps/*-*/READY").stat().st_ino == before


SHELL_DAMAGE: dict[str, Callable[[Path], object]] = {
    "app": lambda root: shutil.rmtree(only(root, "apps/*-*")),
    "READY": lambda root: remove(root, "apps/*-*/READY"),
    "empty READY": lambda root: only(root, "apps/*-*/READY").write_text(""),
    "run": lambda root: remove(root, "apps/*-*/_pexlite_run.py"),
    "empty run": lambda root: only(root, "apps/*-*/_pexlite_run.py").write_text(""),
    "launcher": lambda root: remove(root, "apps/*-*/_pexlite_launch"),
    "cut launcher": lambda root: only(root, "apps/*-*/_pexlite_launch").write_bytes(b"cut"),
    "pointer": lambda root: remove(root, "apps/*.sh"),
    "empty pointer": lambda root: only(root, "apps/*.sh").write_text(""),
    "python": lambda root: remove(root, "apps/*-*/bin/python"),
    "package": lambda root: shutil.rmtree(only(root, "apps/*-*/lib/*/site-packages/helper")),
    "all but directories": remove_all_but_directories,
}


@pytest.mark.parametrize("what", SHELL_DAMAGE)
def test_the_sh_header_never_leads_into_damage_for_good(what: str, newest: Interpreter, tmp_path: Path) -> None:
    files = {"app.py": "def main():\n    import helper\n    print('well')\n", "helper/__init__.py": ""}
    wheel = make_wheel(tmp_path, "app", files=files)
    launch = LaunchOptions(sh_boot=True)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), launch=launch)
    env = environment(tmp_path / "root", PATH=f"{newest.programs}:/usr/bin:/bin")
    for _ in range(2):
        run([file], env)
    SHELL_DAMAGE[what](tmp_path / "root")
    done = run([file], env, check=False)
    if what == "package":
        assert done.stderr.startswith("error: the unpacked files of app.pex were damaged: ")
    else:
        assert (done.stdout, done.stderr) == ("well\n", "")
    if what != "package":  # from here on without any Python on PATH
        (tools := tmp_path / "tools").mkdir()
        for name in filter(shutil.which, ["sh", *TOOLS]):
            (tools / name).symlink_to(str(shutil.which(name)))
        env["PATH"] = str(tools)
    for _ in range(2):
        done = run([file], env)
        assert (done.stdout, done.stderr) == ("well\n", "")


def test_what_the_shell_starts_does_nothing_in_silence_when_it_is_cut_off(
    newest: Interpreter, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main():\n    print('well')\n"})
    launch = LaunchOptions(sh_boot=True)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), launch=launch)
    env = environment(tmp_path / "root", PATH=f"{newest.programs}:/usr/bin:/bin")
    run([file], env)
    program = only(tmp_path / "root", "apps/*-*/_pexlite_run.py")
    whole = program.read_bytes()
    for size in (1, 2, 3, 4, 8, 15, 16, *range(17, len(whole) - 1, 7), len(whole) - 1):
        program.write_bytes(whole[:size])
        assert run([file], env, check=False).returncode != 0


@pytest.mark.parametrize("deep", ["apps/*-*/lib/*/site-packages/space/one.py", "apps/*-*/share/doc/text"])
def test_a_link_in_a_directory_of_several_wheels_is_missed(deep: str, newest: Interpreter, tmp_path: Path) -> None:
    code = "import sys\n\ndef main():\n    import space.one, space.two\n    open(sys.prefix + '/share/doc/text')\n"
    one = make_wheel(
        tmp_path, "app", files={"app.py": code, "space/one.py": ""}, data={"data/share/doc/text": "x"}
    )
    two = make_wheel(tmp_path, "two", files={"space/two.py": ""})
    file = bundle_file(tmp_path / "app.pex", [one, two], function("app", "main"))
    env = environment(tmp_path / "root")
    run([newest.path, file], env)
    only(tmp_path / "root", deep).unlink()
    told = run([newest.path, file], env, check=False).stderr
    assert told.startswith(f"error: the unpacked files of app.pex were damaged: {Path(deep).name} is missing\n")
    run([newest.path, file], env)


def test_damage_that_a_child_meets_is_told(newest: Interpreter, tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n\ndef main():\n"
        "    subprocess.check_call([sys.executable, '-c', 'import app'], stderr=subprocess.DEVNULL)\n"
    )
    wheel = make_wheel(tmp_path, "app", files={"app.py": code})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    env = environment(tmp_path / "root")
    run([newest.path, file], env)
    only(tmp_path / "root", "apps/*-*/pyvenv.cfg").unlink()
    told = run([newest.path, file], env, check=False).stderr
    assert told.startswith("error: the unpacked files of app.pex were damaged: pyvenv.cfg is missing\n")
    run([newest.path, file], env)


def test_damage_is_told_whatever_the_app_makes_of_it(newest: Interpreter, tmp_path: Path) -> None:
    code = (
        "class Unfit(Exception): pass\n\ndef main():\n"
        "    try:\n        import helper\n"
        "    except ImportError:\n        raise Unfit('install helper')\n"
    )
    wheels = [
        make_wheel(tmp_path, "app", files={"app.py": code}),
        make_wheel(tmp_path, "helper", files={"helper.py": ""}),
    ]
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))
    env = environment(tmp_path / "root")
    run([newest.path, file], env)
    only(tmp_path / "root", "apps/*-*/lib/*/site-packages/helper.py").unlink()
    told = run([newest.path, file], env, check=False).stderr
    assert told.startswith("error: the unpacked files of app.pex were damaged: helper.py is missing\n")
    run([newest.path, file], env)


def test_an_apps_own_failure_is_shown_as_it_is(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main():\n    import not_there\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    env = environment(tmp_path / "root")
    for _ in range(2):
        done = run([newest.path, file], env, check=False)
        assert done.returncode == 1
        assert done.stderr.endswith("ModuleNotFoundError: No module named 'not_there'\n")
        assert "pexlite" not in done.stderr.replace(str(tmp_path), "")
