"""An app is isolated from its surroundings, except where it asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
    where: list[str | Path] = [newest.path, "-c", "import site; print(site.getusersitepackages())"]
    directory = Path(run(where, environment(tmp_path / "root", PYTHONUSERBASE=str(base))).stdout.rstrip("\n"))
    assert base in directory.parents
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
    asked = {**env, "PEX_INHERIT_PATH": "fallback", "PEX_INTERPRETER": "1"}
    told = run([newest.path, file, "-c", "import who; who.main()"], asked).stdout.splitlines()
    assert told[-2:] == [told[-2], str(directory / "extra.py")] and "lite-2" in told[-2]


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


DECOYS = ("json", "struct", "zlib", "binascii", "fcntl", "shutil", "tempfile", "subprocess", "signal", "random")


@pytest.mark.parametrize("variables", [{}, {"PEX_VERBOSE": "1"}, {"PEX_INTERPRETER": "1", "PEX_VERBOSE": "1"}])
def test_modules_named_like_the_standard_ones_do_not_stop_a_first_start(
    python: Interpreter, tmp_path: Path, variables: dict[str, str]
) -> None:
    place = decoys(tmp_path / "decoys")
    for name in DECOYS:
        (place / f"{name}.py").write_text(f"raise ImportError('the decoy {name}')\n")
    wheel = make_wheel(tmp_path, "fine", files={"fine.py": "def main():\n    import json\n    print('fine')\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("fine", "main"))
    env = environment(tmp_path / "root", PYTHONPATH=str(place), **variables)
    arguments = ["-I", "-c", "import fine; fine.main()"] if "PEX_INTERPRETER" in variables else []
    for _ in range(2):
        assert run([python.path, file, *arguments], env, cwd=place).stdout == "fine\n"


def test_another_entry_point_is_as_isolated_as_the_own(python: Interpreter, tmp_path: Path) -> None:
    place = decoys(tmp_path / "decoys")
    files = {"who.py": WHO + "if __name__ == '__main__':\n    main()\n", "own.py": "def main(): pass\n"}
    file = bundle_file(tmp_path / "app.pex", [make_wheel(tmp_path, "who", files=files)], function("own", "main"))
    for name in ("who", "who:main"):
        env = environment(tmp_path / "root", PYTHONPATH=str(place), PEX_MODULE=name)
        done = run([python.path, file], env, cwd=place, check=False)
        assert done.stderr.endswith("No module named 'extra'\n")
        assert "the decoy" not in done.stdout


def test_an_interpreter_knows_its_bundle_with_the_site_module_off(python: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "fine", files={"fine.py": ""})
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    env = environment(tmp_path / "root")
    for options in (["-S"], ["-SE", "-W", "error"]):
        code = "import fine, sys; print(sys.flags.ignore_environment, sys.warnoptions)"
        done = run([python.path, *options, file, "-c", code], env)
        assert done.stdout == ("1 ['error']\n" if len(options) > 1 else "0 []\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
def test_a_closed_standard_stream_stops_no_start(newest: Interpreter, tmp_path: Path, closed: str) -> None:
    wheel = make_wheel(tmp_path, "fine", files={"fine.py": ""})
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    code = "import fine; raise SystemExit(5)"
    command = f"exec {newest.path} {file} -c '{code}' {closed}"
    assert run(["/bin/sh", "-c", command], environment(tmp_path / "root"), check=False).returncode == 5


def test_switches_hold_across_the_arguments_for_python(newest: Interpreter, tmp_path: Path) -> None:
    place = decoys(tmp_path / "decoys")
    wheel = make_wheel(tmp_path, "who", files={"who.py": WHO + "    print(sys.argv)\n"})
    launch = LaunchOptions(inject_python_args=("-O",))
    bundle_file(tmp_path / "app.pex", [wheel], function("who", "main"), launch=launch)
    env = environment(tmp_path / "root", PEX_EXTRA_SYS_PATH=str(place))
    _, extra, called = run([newest.path, "app.pex"], env, cwd=tmp_path).stdout.splitlines()
    assert (extra, called) == (str(place / "extra.py"), "['app.pex']")


def test_a_standard_library_below_a_directory_named_packages_is_its_own(
    newest: Interpreter, tmp_path: Path
) -> None:
    base = run([newest.path, "-c", "import sys; print(sys.base_prefix)"], environment(tmp_path)).stdout.strip()
    (tmp_path / "our-packages").mkdir()
    (tmp_path / "our-packages" / "python").symlink_to(base)
    program = "import sys\nbefore = set(sys.modules)\ndef main():\n    print('io' in before and 'abc' in before)\n"
    file = bundle_file(
        tmp_path / "app.pex", [make_wheel(tmp_path, "kept", files={"kept.py": program})], function("kept", "main")
    )
    python = tmp_path / "our-packages" / "python" / "bin" / newest.path.name
    assert run([python, file], environment(tmp_path / "root")).stdout == "True\n"


FLAGS = """
import sys


def main():
    print(sys.flags.optimize, sys.flags.isolated, sys.warnoptions[-1:], sys.argv[1:])
"""
OPTIONS_NOW = [
    ([], "1 0 ['ignore'] ['a']"),
    (["-OO"], "2 0 ['ignore'] ['a']"),
    (["-O"], "1 0 ['ignore'] ['a']"),
    (["-W", "error"], "1 0 ['error'] ['a']"),
    (["-u", "-I", "-Wonce"], "1 1 ['once'] ['a']"),
]


@pytest.mark.parametrize(("options", "told"), OPTIONS_NOW, ids=str)
def test_what_python_is_told_now_beats_the_options_sealed_in(
    options: list[str], told: str, python: Interpreter, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "flags", files={"flags.py": FLAGS})
    launch = LaunchOptions(inject_python_args=("-O", "-W", "ignore"))
    file = bundle_file(tmp_path / "app.pex", [wheel], function("flags", "main"), launch=launch)
    env = environment(tmp_path / "root")
    for _ in range(2):
        done = run([python.path, *options, file, "a"], env)
        assert done.stdout.strip() == told
