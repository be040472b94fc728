"""What the surroundings may not do to an app, and what may be asked for."""

from __future__ import annotations

import json
from pathlib import Path

from pexlite.model import EntryPoint, InheritPath, LaunchOptions, StartKind
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

WHO = "def main():\n    import who, sys\n    print(who.__file__)\n    import extra\n    print(extra.__file__)\n"


def decoys(directory: Path) -> Path:
    directory.mkdir()
    (directory / "who.py").write_text("print('the decoy')\n")
    (directory / "extra.py").write_text("")
    return directory


def test_pythonpath_and_cwd_neither_shadow_nor_add(python: Interpreter, tmp_path: Path) -> None:
    place = decoys(tmp_path / "decoys")
    wheel = make_wheel(tmp_path, "who", files={"who.py": WHO})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("who", "main"))
    env = environment(tmp_path / "root", PYTHONPATH=str(place))
    for _ in range(2):
        done = run([python.path, file], env, cwd=place, check=False)
        assert done.stdout.splitlines()[0].endswith("site-packages/who.py")
        assert "No module named 'extra'" in done.stderr


def test_an_interpreter_keeps_pythonpath_behind_its_own(python: Interpreter, tmp_path: Path) -> None:
    place = decoys(tmp_path / "decoys")
    wheel = make_wheel(tmp_path, "who", files={"who.py": WHO})
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    env = environment(tmp_path / "root", PYTHONPATH=str(place))
    code = "import who; who.main(); import os; print(os.environ['PYTHONPATH'])"
    done = run([python.path, file, "-c", code], env, cwd=tmp_path)
    assert done.stderr == ""
    where, extra, kept = done.stdout.splitlines()
    assert where.endswith("site-packages/who.py")
    assert extra == str(place / "extra.py")
    assert kept == str(place)


def test_user_site_is_out(newest: Interpreter, tmp_path: Path) -> None:
    base = tmp_path / "user"
    directory = base / "lib" / f"python3.{newest.version[1]}" / "site-packages"
    directory.mkdir(parents=True)
    (directory / "who.py").write_text("print('the decoy')\n")
    (directory / "extra.py").write_text("")
    (directory / "hook.pth").write_text("import who, extra\n")
    wheel = make_wheel(tmp_path, "who", files={"who.py": WHO})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("who", "main"))
    env = environment(tmp_path / "root", PYTHONUSERBASE=str(base))
    done = run([newest.path, file], env, check=False)
    assert done.stdout.splitlines()[-1].endswith("site-packages/who.py")
    assert "No module named 'extra'" in done.stderr


def test_the_hosts_packages_come_in_when_asked(newest: Interpreter, tmp_path: Path) -> None:
    place = decoys(tmp_path / "decoys")
    wheel = make_wheel(tmp_path, "who", files={"who.py": WHO})
    fallback = LaunchOptions(inherit_path=InheritPath.FALLBACK)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("who", "main"), launch=fallback)
    env = environment(tmp_path / "root", PYTHONPATH=str(place))
    own, extra = run([newest.path, file], env).stdout.splitlines()
    assert own.endswith("site-packages/who.py") and extra == str(place / "extra.py")
    plain = bundle_file(tmp_path / "plain.pex", [wheel], function("who", "main"))
    assert run([newest.path, plain], {**env, "PEX_INHERIT_PATH": "fallback"}).stdout.splitlines()[1] == extra
    prefer = run([newest.path, plain], {**env, "PEX_INHERIT_PATH": "prefer"}, check=False)
    assert prefer.stdout == "the decoy\n"
    added = run([newest.path, plain], {**environment(tmp_path / "root"), "PEX_EXTRA_SYS_PATH": str(place)})
    assert added.stdout.splitlines()[1] == extra


def test_switches_choose_the_start_and_do_not_leak(newest: Interpreter, tmp_path: Path) -> None:
    code = (
        "import os, sys\ndef main():\n    print(sys.argv[1:], [n for n in os.environ if n.startswith('PEX_')])\n"
    )
    wheel = make_wheel(
        tmp_path,
        "starts",
        files={
            "starts.py": code + "def other():\n    print('other', sys.argv[1:])\n    return 4\n",
            "mod.py": code + "main()",
        },
        entry_points={"console_scripts": {"second": "starts:other"}},
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], function("starts", "main"))
    env = environment(tmp_path / "root")
    assert run([newest.path, file, "a"], {**env, "PEX_VERBOSE": "1"}).stdout == "['a'] ['PEX_ROOT']\n"
    assert run([newest.path, file, "a"], {**env, "PEX_MODULE": "mod"}).stdout == "['a'] ['PEX_ROOT']\n"
    second = run([newest.path, file, "a"], {**env, "PEX_SCRIPT": "second"}, check=False)
    assert (second.stdout, second.returncode) == ("other ['a']\n", 4)
    called = run([newest.path, file, "a"], {**env, "PEX_MODULE": "starts:other"}, check=False)
    assert (called.stdout, called.returncode) == ("other ['a']\n", 4)
    code = "import os; print([n for n in os.environ if n.startswith('PEX_')])"
    assert run([newest.path, file, "-c", code], {**env, "PEX_INTERPRETER": "1"}).stdout == "['PEX_ROOT']\n"
    missing = run([newest.path, file], {**env, "PEX_SCRIPT": "third"}, check=False)
    assert missing.returncode == 1 and "it has: second" in missing.stderr


def test_sealed_arguments_variables_and_scripts_on_path(newest: Interpreter, tmp_path: Path) -> None:
    code = (
        "import json, os, shutil, sys\n"
        "def main():\n"
        "    print(json.dumps([sys.argv[1:], os.environ['SEALED'], shutil.which('tool'), sys.flags.optimize]))\n"
    )
    wheel = make_wheel(
        tmp_path, "sealed", files={"sealed.py": code}, entry_points={"console_scripts": {"tool": "sealed:main"}}
    )
    launch = LaunchOptions(
        bin_path="prepend", inject_args=("--one",), inject_env=(("SEALED", "ü"),), inject_python_args=("-O",)
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], function("sealed", "main"), launch=launch)
    env = environment(tmp_path / "root")
    for _ in range(2):
        arguments, sealed, tool, optimize = json.loads(run([newest.path, file, "two"], env).stdout)
        assert arguments == ["--one", "two"]
        assert sealed == "ü"
        assert tool.startswith(env["PEX_ROOT"])
        assert optimize == 1


def test_spark_workers_get_an_interpreter_whatever_the_entry_point(newest: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "cluster" / "pyspark").mkdir(parents=True)
    (tmp_path / "cluster" / "pyspark" / "__init__.py").write_text("")
    (tmp_path / "cluster" / "pyspark" / "daemon.py").write_text("import who; print(who.__file__)")
    wheel = make_wheel(tmp_path, "who", files={"who.py": WHO})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("who", "main"))
    env = environment(tmp_path / "root", PYTHONPATH=str(tmp_path / "cluster"))
    assert run([newest.path, file, "-m", "pyspark.daemon"], env).stdout.endswith("site-packages/who.py\n")
