"""The room on every Python of this machine: first start, later starts, children, interpreter."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, StartKind
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, interpreters


def tell(
    command: list[str | Path], env: dict[str, str], cwd: Path | None = None, said: str = ""
) -> dict[str, object]:
    done = run(command, env, cwd=cwd, check=False)
    assert done.returncode == 3, done.stderr
    assert said in done.stderr and bool(said) == bool(done.stderr)
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_cold_and_warm_start_see_the_same(python: Interpreter, teller: Path, env: dict[str, str]) -> None:
    cold = tell([python.path, teller, "one", "two"], env)
    warm = tell([python.path, teller, "one", "two"], env)
    varying = {"hash", "modules"}
    assert {**cold, **dict.fromkeys(varying)} == {**warm, **dict.fromkeys(varying)}
    assert warm["argv"] == [str(teller), "one", "two"]
    assert warm["environment"] == {"PEX": str(teller), "PEX_ROOT": env["PEX_ROOT"]}


def test_the_process_is_a_venv_of_the_app(python: Interpreter, teller: Path, env: dict[str, str]) -> None:
    told = tell([python.path, teller], env)
    prefix = str(told["prefix"])
    assert prefix.startswith(env["PEX_ROOT"] + "/lite-2/apps/")
    assert told["exec_prefix"] == prefix
    assert told["base_prefix"] != prefix
    assert told["executable"] == prefix + "/bin/python"
    assert str(told["helper"]).startswith(prefix + "/lib/")
    assert told["child"] == [told["helper"], prefix]


def test_only_the_standard_library_and_the_bundle_are_on_the_path(
    python: Interpreter, teller: Path, env: dict[str, str]
) -> None:
    told = tell([python.path, teller], env)
    path = [str(entry) for entry in told["path"]]  # type: ignore[attr-defined]
    assert path[-1].startswith(str(told["prefix"])) and path[-1].endswith("/site-packages")
    assert not [entry for entry in path[:-1] if "-packages" in entry or "pex" in Path(entry).name]
    assert len(path) >= 2


def test_isolated_start(python: Interpreter, teller: Path, env: dict[str, str]) -> None:
    assert tell([python.path, "-I", teller], env)["argv"] == [str(teller)]


def test_interpreter_runs_scripts_modules_code_and_stdin(
    python: Interpreter, teller_wheels: list[Path], tmp_path: Path, env: dict[str, str]
) -> None:
    from pexlite.model import EntryPoint, StartKind

    file = bundle_file(tmp_path / "env.pex", teller_wheels, EntryPoint(StartKind.INTERPRETER))
    script = tmp_path / "script.py"
    script.write_text("import helper, sys\nprint(helper.__name__, sys.argv[1:])\n")
    code = script.read_text()
    expected = "helper ['a', '-b']\n"
    assert run([python.path, file, script, "a", "-b"], env).stdout == expected
    assert run([python.path, file, "-c", code, "a", "-b"], env).stdout == expected
    assert run([python.path, file, "-", "a", "-b"], env, stdin=code).stdout == expected
    assert run([python.path, file, "-m", "script", "a", "-b"], env, cwd=tmp_path).stdout == expected


def test_bytecode_is_kept_beside_the_apps_modules(python: Interpreter, teller: Path, env: dict[str, str]) -> None:
    tell([python.path, teller], env)
    kept = list(Path(env["PEX_ROOT"]).glob("lite-2/apps/*/lib/**/*.pyc"))
    assert kept


@pytest.mark.parametrize("old", needs.old_pythons())
def test_an_old_python_finds_one_that_fits(old: Interpreter, teller: Path, env: dict[str, str]) -> None:
    fitting = next(found for found in interpreters() if found.version >= (3, 8) and found.tag.startswith("cp"))
    path = os.pathsep.join([str(fitting.path.parent), "/usr/bin", "/bin"])
    said = f"; this is {old.words}, so "
    assert tell([old.path, teller], {**env, "PATH": path}, said=said)["argv"] == [str(teller)]


@pytest.mark.parametrize("here", interpreters(), ids=str)
def test_a_python_that_does_not_fit_says_so_in_two_lines(
    here: Interpreter, teller_wheels: list[Path], tmp_path: Path
) -> None:
    others = [tag for tag in ("cp399", "pp399") if tag[:2] != here.tag[:2]]
    file = bundle_file(tmp_path / "app.pex", teller_wheels, function("teller", "main"), pythons=others)
    done = run([here.path, file], environment(tmp_path / "root", PATH=str(tmp_path)), check=False)
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: app.pex needs ") and "this is" in error
    assert f"{here.version[0]}.{here.version[1]}" in error
    assert len(error) <= 120
    assert hint.startswith("hint: ")
    assert done.stdout == ""


def test_another_python_on_path_takes_over(teller_wheels: list[Path], tmp_path: Path) -> None:
    wanted, here, *_ = needs.several_pythons(fits=needs.is_cpython)
    file = bundle_file(tmp_path / "app.pex", teller_wheels, function("teller", "main"), pythons=[wanted.tag])
    env = environment(tmp_path / "root", PATH=str(wanted.path.parent))
    said = f"; this is {here.words}, so {wanted.path.parent}/python3.{wanted.version[1]} runs it\n"
    said = f"pexlite: app.pex needs CPython 3.{wanted.version[1]}{said}"
    assert str(tell([here.path, file], env, said=said)["helper"]).count(f"python3.{wanted.version[1]}")
    env["PATH"] = str(tmp_path)
    assert tell([here.path, file], {**env, "PEX_PYTHON": str(wanted.path)})["argv"] == [str(file)]


def test_files_of_every_scheme_lie_where_a_venv_has_them(python: Interpreter, tmp_path: Path) -> None:
    program = """
import os, sys

def main():
    from importlib.util import find_spec
    os.chdir(sys.prefix)
    print(open("share/doc/text").read(), os.path.isdir("bin"), find_spec("pure_part") is not None)
"""
    wheel = make_wheel(
        tmp_path,
        "schemes",
        files={"schemes.py": program},
        data={
            "purelib/pure_part.py": "x = 1\n",
            "platlib/plat_part.py": "x = 1\n",
            "data/share/doc/text": "words",
            "scripts/greet": "#!python\nimport pure_part, sys\nprint('greeting', sys.prefix)\n",
            "scripts/__pycache__/greet.pyc": "",
            "headers/schemes.h": "int x;\n",
        },
        entry_points={"console_scripts": {"also": "schemes:main"}},
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], function("schemes", "main"))
    env = environment(tmp_path / "ro ot" / "with spaces")
    assert run([python.path, file], env).stdout == "words True True\n"
    (app,) = Path(env["PEX_ROOT"]).glob("lite-2/apps/*-*/")
    assert run([app / "bin" / "greet"], env).stdout == f"greeting {app}\n"
    assert run([app / "bin" / "also"], env).stdout == "words True True\n"
    assert list(app.glob("include/site/*/schemes/schemes.h"))


def test_pex_python_says_what_it_is_when_it_does_not_fit(teller_wheels: list[Path], tmp_path: Path) -> None:
    here, other, *_ = needs.several_pythons()
    file = bundle_file(tmp_path / "app.pex", teller_wheels, function("teller", "main"), pythons=[here.tag])
    env = environment(tmp_path / "root", PEX_PYTHON=str(other.path))
    done = run([here.path, file], env, check=False)
    assert done.stderr.splitlines()[0].endswith(f"; PEX_PYTHON is {other.words}")
    for wrong in (str(tmp_path), "no-such-python", "/etc/passwd"):
        done = run([here.path, file], {**env, "PEX_PYTHON": wrong}, check=False)
        assert done.stderr.startswith(f"error: PEX_PYTHON={wrong} is no program here\nhint: ")


def test_a_python_found_on_path_leaves_no_trace(tmp_path: Path) -> None:
    wanted, here, *_ = needs.several_pythons()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(wanted.path)
    env = environment(tmp_path / "root", PATH=str(tmp_path / "bin"))
    code = "import json, os, sys\nprint(json.dumps([sorted(os.environ), sys.argv[0]]))\n"
    wheel = make_wheel(tmp_path, "names", files={"names.py": code})
    entry_point = EntryPoint(StartKind.MODULE, "names")
    file = bundle_file(tmp_path / "app.pex", [wheel], entry_point, pythons=[wanted.tag])
    for _ in range(2):
        names, called = json.loads(run([here.path, "app.pex"], env, cwd=tmp_path).stdout)
        assert set(names) <= {*env, "PEX", "LC_CTYPE"}
        assert called == file.name


def test_the_first_line_is_short_for_a_wide_range(tmp_path: Path) -> None:
    from pexlite.runtime import pythons

    (tmp_path / "none").mkdir()
    needed = "CPython 3.10 to 3.14 on linux x86_64 (glibc 2.17+)"
    code = f"import runtime.pythons as room; room.run_fitting('/x/my_service.pex', ['cp399'], {needed!r}, None)"
    for here in interpreters():
        env = environment(tmp_path, PATH=str(tmp_path / "none"), PYTHONPATH=str(Path(pythons.__file__).parents[1]))
        done = run([here.path, "-c", code], env, check=False)
        assert len(done.stderr.splitlines()[0]) <= 120


def test_the_bytecode_that_a_wheel_brings_is_not_run(python: Interpreter, tmp_path: Path) -> None:
    # For whatever Python: found by its place alone, it would run though the source says something else.
    planted = run(
        [
            python.path,
            "-c",
            "import importlib.util as u, marshal, sys\n"
            "code = compile('def main(): print(\"of the bytecode\")', 'x', 'exec')\n"
            "head = u.MAGIC_NUMBER + (b'\\1\\0\\0\\0' if sys.version_info >= (3, 7) else b'') + b'\\0' * 8\n"
            "print(u.cache_from_source('part.py'), (head + marshal.dumps(code)).hex())",
        ],
        environment(tmp_path),
    ).stdout.split()
    place, bytecode = planted[0], bytes.fromhex(planted[1])
    source = "def main():\n    print('of the source')\n"
    wheels = [
        make_wheel(
            tmp_path, "app", files={"app/__init__.py": "", "app/part.py": source, f"app/{place}": bytecode}
        ),
        make_wheel(tmp_path, "deep", data={"purelib/part.py": source, f"purelib/{place}": bytecode}),
    ]
    for module in ("app.part", "part"):
        file = bundle_file(tmp_path / f"{module}.pex", wheels, function(module, "main"))
        env = environment(tmp_path / "root")
        assert run([python.path, file], env).stdout == "of the source\n"
        assert run([python.path, file], env).stdout == "of the source\n"
        venv = tmp_path / f"venv-{module}"
        run([python.path, file, "venv", str(venv)], {**env, "PEX_TOOLS": "1"})
        called = f"import {module} as part; part.main()"
        assert run([venv / "bin" / "python", "-c", called], env).stdout == "of the source\n"
    assert run([python.path, file, "verify", "--cache"], {**env, "PEX_TOOLS": "1"}).stdout
